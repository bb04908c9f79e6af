"""What the models of all rooms are made of."""

from typing import Annotated, Generic, TypeVar

from flask import current_app
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from kernel.rooms import LARGEST_ID

T = TypeVar("T")

LIST = 30
TEXT = r"^[^\x00]*$"


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise PydanticCustomError("nul", "No database keeps the character U+0000.")
    return text


Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Plain = Annotated[str, AfterValidator(_without_nul)]
Word = Annotated[Plain, Field(min_length=1, max_length=100)]
Reason = Annotated[Plain, Field(max_length=200, description="Why, in a few words.")]


class Given(BaseModel):
    """What a program sends: nothing but what is asked for, and of the right type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Shown(BaseModel):
    """What a program is told. Fields are only ever added."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)


class Listing(Shown, Generic[T]):
    """A page of a list, and the cursor of the next one, or null at the end."""

    items: list[T]
    next: str | None = None


class PageQuery(BaseModel):
    """Which page of a list."""

    model_config = ConfigDict(frozen=True)

    limit: Annotated[int, Field(ge=1, le=100, description="How many items at most.")] = LIST
    cursor: Annotated[str | None, Field(description="`next` of the page before.")] = None


def link(path: str) -> str:
    """The full address of something on this site; addresses elsewhere stay as they are."""
    return f"{current_app.config['BASE_URL']}{path}" if path.startswith("/") else path

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kernel.refs import Ref

SUBMISSION = "moderation.submission"


@dataclass(frozen=True, slots=True)
class Contribution:
    """What somebody is about to make public: how it is published, where, and what stands in it.

    `scope` names who decides if it waits. `html` is cooked; `before` the cooked text that it replaces: of an edit only
    what is new counts. `field` is the form's field at which a refusal is shown. With `is_alone` what the same person
    has waiting at this place is replaced by it.
    """

    verb: str
    payload: Mapping[str, Any]
    place: Ref
    audience: str
    scope: str
    title: str = ""
    body: str = ""
    html: str = ""
    before: str | None = None
    field: str = "body"
    is_alone: bool = False

    @property
    def is_edit(self) -> bool:
        """Whether something that is public already is changed."""
        return self.before is not None

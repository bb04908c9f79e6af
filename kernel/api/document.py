"""The description of all endpoints: OpenAPI 3.1, made from the same declarations that run them."""

import re
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, Field
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from kernel.api.endpoints import ENDPOINTS, PREFIX, Endpoint, endpoint, room
from kernel.api.reading import has_required
from kernel.api.shapes import TEXT, Shown
from kernel.policy import DOORS, Door
from kernel.rooms import LARGEST_ID

PART = re.compile(r"<(?:(?P<converter>\w+)(?:\((?P<choices>[^)]*)\))?:)?(?P<name>\w+)>")
TEMPLATE = "#/components/schemas/{model}"
READ_REFUSALS = {401, 403, 429}
WRITE_REFUSALS = {400, 401, 403, 409, 413, 415, 422, 429}
ABOUT = (
    "Everything the site can do, for programs. Reading what is public needs no token; everything else takes "
    "`Authorization: Bearer …` with a token from the settings, whose scopes are `read` and perhaps `write`. "
    "Lists are `{items, next}`; `next` is the `cursor` of the following page."
)


class Problem(BaseModel):
    """Why a request was refused (RFC 9457). More members may follow."""

    type: str
    title: str
    status: int
    detail: str
    errors: dict[str, str] = Field(default_factory=dict, description="By field, a sentence.")


class Description(Shown):
    """An OpenAPI 3.1 document."""

    openapi: str
    info: dict[str, Any]
    servers: list[dict[str, Any]]
    paths: dict[str, Any]
    components: dict[str, Any]


@endpoint(room, "GET", "/openapi.json", may=Door.ANYONE, answers={200: Description})
def openapi(_viewer: object) -> Description:
    """This description."""
    return describe()


@cache
def describe() -> Description:
    """Made once: endpoints are all declared when the first request comes."""
    schemas, components = _schemas()
    paths: dict[str, dict[str, Any]] = {}
    for about in ENDPOINTS.values():
        path = PREFIX + PART.sub(r"{\g<name>}", about.rule)
        paths.setdefault(path, {})[about.method.lower()] = _operation(about, schemas)
    return Description(
        openapi="3.1.0",
        info={"title": "Guildhall 会馆", "version": "1", "description": ABOUT},
        servers=[{"url": "/"}],
        paths=paths,
        components={
            "schemas": components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    )


Schemas = Mapping[tuple[Any, JsonSchemaMode], dict[str, Any]]


def _schemas() -> tuple[Schemas, dict[str, Any]]:
    """A reference for every model in use, and the definitions they lead to."""
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(Problem, "serialization"): None}
    for about in ENDPOINTS.values():
        if about.body is not None:
            wanted[(about.body, "validation")] = None
        models = [model for model in about.answers.values() if model is not None and not isinstance(model, str)]
        wanted.update({(model, "serialization"): None for model in models})
    references, definitions = models_json_schema(list(wanted), ref_template=TEMPLATE)
    return references, definitions.get("$defs", {})


def _operation(about: Endpoint, schemas: Schemas) -> dict[str, Any]:
    door = about.may if isinstance(about.may, Door) else DOORS[about.may]
    token: dict[str, list[str]] = {"bearer": []}
    operation: dict[str, Any] = {
        "operationId": about.name,
        "summary": about.about.partition("\n")[0],
        "tags": [about.group],
        "security": [token, {}] if door is Door.ANYONE else [token],
        "parameters": [*_path(about), *_query(about), *([_KEY] if about.is_write else [])],
        "responses": _responses(about, schemas),
    }
    more = about.about.partition("\n")[2].strip()
    if more:
        operation["description"] = " ".join(more.split())
    if about.body is not None:
        content = {"application/json": {"schema": schemas[about.body, "validation"]}}
        operation["requestBody"] = {"required": has_required(about.body), "content": content}
    elif about.files is not None:
        files = {"type": "array", "minItems": 1, "items": {"type": "string", "format": "binary"}}
        form = {"type": "object", "required": [about.files], "properties": {about.files: files}}
        operation["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": form}}}
    return operation


def _path(about: Endpoint) -> list[dict[str, Any]]:
    return [
        {"name": part["name"], "in": "path", "required": True, "schema": _part(part["converter"], part["choices"])}
        for part in PART.finditer(about.rule)
    ]


def _part(converter: str | None, choices: str | None) -> dict[str, Any]:
    if converter == "int":
        return {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
    if converter == "any":
        return {"type": "string", "enum": [choice.strip() for choice in (choices or "").split(",")]}
    return {"type": "string", "minLength": 1}


def _query(about: Endpoint) -> list[dict[str, Any]]:
    if about.query is None:
        return []
    schema = about.query.model_json_schema(ref_template=TEMPLATE)
    inner = schema.get("$defs", {})
    required = schema.get("required", [])
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            **({"description": facts["description"]} if "description" in facts else {}),
            "schema": _readable(_plain(facts, inner)),
        }
        for name, facts in schema["properties"].items()
    ]


def _readable(schema: dict[str, Any]) -> dict[str, Any]:
    """`read_query` refuses U+0000 in whatever is text; said where no narrower pattern says it."""
    is_open = schema.get("type") == "string" and not {"pattern", "format", "enum", "const"} & schema.keys()
    return {**schema, "pattern": TEXT} if is_open else schema


def _plain(facts: Any, inner: dict[str, Any]) -> Any:
    """A parameter's own schema: nothing to look up, and no null, which no address can say."""
    if not isinstance(facts, dict):
        return facts
    if "$ref" in facts:
        return _plain(inner[facts["$ref"].rpartition("/")[2]], inner)
    kept = {key: value for key, value in facts.items() if key not in {"title", "description"}}
    if "anyOf" in kept:
        choices = [choice for choice in kept.pop("anyOf") if choice != {"type": "null"}]
        kept = {**kept, **_plain(choices[0], inner)} if len(choices) == 1 else {**kept, "anyOf": choices}
    if kept.get("default", ...) is None:
        del kept["default"]
    return kept


def _responses(about: Endpoint, schemas: Schemas) -> dict[str, Any]:
    statuses = set(WRITE_REFUSALS if about.is_write else READ_REFUSALS) | about.refusals
    if PART.search(about.rule) or about.is_write:
        statuses.add(404)
    if about.query is not None:
        statuses.add(422)
    refusal = {"application/problem+json": {"schema": schemas[Problem, "serialization"]}}
    responses: dict[str, Any] = {
        str(status): {"description": HTTPStatus(status).phrase, "content": refusal} for status in sorted(statuses)
    }
    for status, model in about.answers.items():
        responses[str(status)] = {"description": HTTPStatus(status).phrase}
        if isinstance(model, str):
            responses[str(status)]["content"] = {model: {"schema": {"type": "string", "format": "binary"}}}
        elif model is not None:
            responses[str(status)]["content"] = {"application/json": {"schema": schemas[model, "serialization"]}}
        if status == HTTPStatus.CREATED:
            responses[str(status)]["headers"] = {
                "Location": {"description": "Where it is.", "required": True, "schema": {"type": "string"}}
            }
    return dict(sorted(responses.items()))


_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Sent again with the same key and content, the request is answered as it was the first time.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[!-~]+$"},
}

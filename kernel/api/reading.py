"""What a request says, read by a model; what does not fit is refused field by field."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, TypeVar

from flask import request
from flask_babel import gettext as _
from pydantic import BaseModel, ValidationError
from werkzeug.datastructures import FileStorage

from kernel.errors import GuildhallError, InvalidError

M = TypeVar("M", bound=BaseModel)

KEY = re.compile(r"[\x21-\x7e]{1,100}")


class MalformedError(GuildhallError):
    """Not even readable."""

    status = 400
    code = "malformed"


class WrongContentError(GuildhallError):
    """Not in a form that this endpoint reads."""

    status = 415
    code = "unsupported-media-type"


def read_query(model: type[M]) -> M:
    """The part after the question mark."""
    sent = request.args.to_dict()
    nul = [name for name, value in sent.items() if "\x00" in value]
    if nul:
        raise InvalidError(_("Please look at the marked fields."), errors=dict.fromkeys(nul, "U+0000"))
    try:
        return model.model_validate_strings(sent)
    except ValidationError as error:
        raise _refusal(error) from None


def read_body(model: type[M]) -> M:
    """The JSON that was sent. Where nothing has to be said, nothing need be sent."""
    sent = request.get_data()
    if not sent and not request.mimetype and not has_required(model):
        sent = b"{}"
    elif request.mimetype != "application/json":
        raise WrongContentError(_("Send the body as application/json."))
    try:
        return model.model_validate_json(sent)
    except ValidationError as error:
        if any(fault["type"] == "json_invalid" for fault in error.errors(include_url=False)):
            raise MalformedError(_("The body is not readable as JSON.")) from None
        raise _refusal(error) from None


def read_files(name: str) -> list[FileStorage]:
    """The files of a multipart body."""
    if request.mimetype != "multipart/form-data":
        raise WrongContentError(_("Send the body as multipart/form-data."))
    files = [file for file in request.files.getlist(name) if file.filename]
    if not files:
        raise InvalidError(_("There is no file."), errors={name: _("Send at least one file with a name.")})
    return files


def read_key() -> str | None:
    """The `Idempotency-Key`, if there is one."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not KEY.fullmatch(key):
        raise InvalidError(
            _("The idempotency key cannot be used."),
            errors={"Idempotency-Key": _("1 to 100 visible ASCII characters.")},
        )
    return key


def sent_as(arguments: Mapping[str, Any]) -> str:
    """What makes two sendings the same: method, address, and all that was said, whatever its spelling in JSON."""
    said = {name: _said(value) for name, value in sorted(arguments.items())}
    return json.dumps([request.method, request.path, said])


def has_required(model: type[BaseModel]) -> bool:
    """Whether something has to be said at all."""
    return any(field.is_required() for field in model.model_fields.values())


def _said(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump_json()
    if isinstance(value, list):
        return [_said(item) for item in value]
    if isinstance(value, FileStorage):
        value.stream.seek(0)
        digest = hashlib.file_digest(value.stream, "sha256").hexdigest()  # type: ignore[arg-type]
        value.stream.seek(0)
        return [value.filename, digest]
    return value


def _refusal(error: ValidationError) -> InvalidError:
    errors = {
        ".".join(map(str, fault["loc"])) or "body": fault["msg"]
        for fault in error.errors(include_url=False, include_context=False, include_input=False)
    }
    return InvalidError(_("Please look at the marked fields."), errors=errors)

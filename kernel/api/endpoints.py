"""Declaring an endpoint, and what happens when it is called."""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import wraps
from http import HTTPStatus
from typing import Any

from flask import Response
from flask.typing import ResponseReturnValue
from pydantic import BaseModel
from werkzeug.datastructures import FileStorage

from kernel.api.reading import read_body, read_files, read_key, read_query, sent_as
from kernel.db import SAFE_METHODS
from kernel.idempotency import claim, fingerprint, keep
from kernel.limits import SMALL_DEEDS, limiter
from kernel.policy import Door
from kernel.rooms import Room
from kernel.viewer import Viewer
from kernel.web import Afterwards, current_viewer

PREFIX = "/api/v1"

room = Room("api", __name__, url_prefix=PREFIX)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a view says where the model alone does not say it all."""

    body: BaseModel | None
    status: int
    location: str | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """An answer that is made after the commit, because it proves something about what was written.

    Under an `Idempotency-Key` the deed is asked for again and not remembered: it has to be one that is done once
    however often it is sent.
    """

    make: Callable[[], Answer | BaseModel]


@dataclass(frozen=True, slots=True)
class Download:
    """An answer that is a file; its endpoint names the media type where others name a model."""

    content: bytes
    media_type: str
    name: str


Result = BaseModel | Answer | Later | Download | None
AGAIN = "again"
ApiView = Callable[..., Result]
Check = Callable[[Any], Any]
Prepare = Callable[[Viewer, list[FileStorage]], AbstractContextManager[Any]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """All that is known of an endpoint: enough to run it and to describe it."""

    method: str
    rule: str
    name: str
    may: Door | StrEnum
    about: str
    group: str
    query: type[BaseModel] | None
    body: type[BaseModel] | None
    files: str | None
    prepare: Prepare | None
    check: Check | None
    answers: Mapping[int, type[BaseModel] | str | None]
    refusals: frozenset[int] = field(default_factory=frozenset)

    @property
    def is_write(self) -> bool:
        """Whether it changes something."""
        return self.method not in SAFE_METHODS


ENDPOINTS: dict[str, Endpoint] = {}


def endpoint(  # noqa: PLR0913 - a declaration says everything in one place
    where: Room,
    method: str,
    rule: str,
    *,
    may: Door | StrEnum,
    answers: Mapping[int, type[BaseModel] | str | None],
    query: type[BaseModel] | None = None,
    body: type[BaseModel] | None = None,
    files: str | None = None,
    prepare: Prepare | None = None,
    check: Check | None = None,
    limit: str | None = None,
    refusals: tuple[int, ...] = (),
) -> Callable[[ApiView], ApiView]:
    """Route `method` and `rule` to a view `(viewer, **path, query=, body=, files=)`.

    The view answers with a model, an `Answer`, a `Download` or None; the first of `answers` is its status.
    `prepare` does long work on the files before anything is locked; the view gets what it makes of them. `check` does
    the same with the body, and what it makes of it is the view's `checked`.
    Its docstring is what the description says, its module names the group.
    """

    def register(view: ApiView) -> ApiView:
        about = Endpoint(
            method=method,
            rule=rule,
            name=view.__name__,
            may=may,
            about=(view.__doc__ or "").strip(),
            group=_group(view.__module__),
            query=query,
            body=body,
            files=files,
            prepare=prepare,
            check=check,
            answers=answers,
            refusals=frozenset(refusals),
        )
        if about.name in ENDPOINTS:
            raise RuntimeError(f"{about.name} is an endpoint already")
        ENDPOINTS[about.name] = about

        @wraps(view)
        def run(**path: Any) -> ResponseReturnValue:
            return _run(about, view, path)

        if about.is_write or limit is not None:
            limited: Callable[..., ResponseReturnValue] = limiter.limit(limit or SMALL_DEEDS)(run)
        else:
            limited = run
        where.page(rule, may=may, methods=(method,), endpoint=about.name)(limited)
        return view

    return register


def _group(module: str) -> str:
    """`forum.api.posts` is about posts, `accounts.api` about accounts."""
    parts = module.split(".")
    return parts[0] if parts[-1] == "api" else parts[-1]


def _run(about: Endpoint, view: ApiView, path: dict[str, Any]) -> Response:
    arguments = dict(path)
    if about.query is not None:
        arguments["query"] = read_query(about.query)
    if about.body is not None:
        arguments["body"] = read_body(about.body)
    if about.files is not None:
        arguments["files"] = read_files(about.files)
    if about.check is not None:
        return _answer(about, view, {**arguments, "checked": about.check(arguments["body"])}, sent=arguments)
    if about.prepare is None:
        return _answer(about, view, arguments, sent=arguments)
    with about.prepare(current_viewer(), arguments["files"]) as prepared:
        return _answer(about, view, {**arguments, "files": prepared}, sent=arguments)


def _answer(about: Endpoint, view: ApiView, arguments: dict[str, Any], *, sent: dict[str, Any]) -> Response:
    """What the view says; with a key, what it said first. A refusal undoes the claim with everything else."""
    viewer = current_viewer()
    key = read_key() if about.is_write else None
    done = None if key is None else claim(viewer.me, key, fingerprint("api", sent_as(sent)))
    if done is not None and done != AGAIN:
        return _respond(*json.loads(done))
    result = view(viewer, **arguments)
    if isinstance(result, Later):
        if key is not None:
            keep(viewer.me, key, AGAIN)
        make = result.make
        return Afterwards(lambda: _render(about, make()))
    if isinstance(result, Download):
        return _give(result)
    response = _render(about, result)
    if key is None:
        return response
    kept = [response.status_code, response.get_data(as_text=True) or None, response.headers.get("Location")]
    keep(viewer.me, key, json.dumps(kept))
    return response


def _render(about: Endpoint, result: BaseModel | Answer | None) -> Response:
    status = next(iter(about.answers))
    answer = result if isinstance(result, Answer) else Answer(result, status)
    if answer.status == HTTPStatus.CREATED and answer.location is None:
        raise RuntimeError(f"{about.name} says 201 and not where")
    text = None if answer.body is None else answer.body.model_dump_json(by_alias=True)
    return _respond(answer.status, text, answer.location)


def _give(file: Download) -> Response:
    response = Response(file.content, 200, content_type=file.media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _respond(status: int, text: str | None, location: str | None) -> Response:
    response = Response(text or b"", status, content_type="application/json")
    if text is None:
        del response.headers["Content-Type"]
    if location is not None:
        response.headers["Location"] = location
        response.autocorrect_location_header = False
    return response


@room.after_request
def _finish(response: Response) -> Response:
    """Say how to get in, and on what the answer depends."""
    response.headers["Vary"] = "Authorization, Accept-Language"
    if response.status_code == 401:  # noqa: PLR2004 - the status that asks for a token
        response.headers["WWW-Authenticate"] = 'Bearer realm="api"'
    return response

"""Declaring an endpoint, and what happens when it is called."""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import wraps
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
from kernel.web import current_viewer
from kernel.work import step_aside

PREFIX = "/api/v1"

room = Room("api", __name__, url_prefix=PREFIX)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a view says where the model alone does not say it all."""

    body: BaseModel | None
    status: int
    location: str | None = None


Result = BaseModel | Answer | None
ApiView = Callable[..., Result]
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
    answers: Mapping[int, type[BaseModel] | None]
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
    answers: Mapping[int, type[BaseModel] | None],
    query: type[BaseModel] | None = None,
    body: type[BaseModel] | None = None,
    files: str | None = None,
    prepare: Prepare | None = None,
    limit: str | None = None,
    refusals: tuple[int, ...] = (),
) -> Callable[[ApiView], ApiView]:
    """Route `method` and `rule` to a view `(viewer, **path, query=, body=, files=)`.

    The view answers with a model, an `Answer`, or None; the first of `answers` is the status it stands for.
    `prepare` does long work on the files before anything is locked; the view gets what it makes of them.
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
    if about.prepare is None:
        return _answer(about, view, arguments, sent=arguments)
    step_aside()
    with about.prepare(current_viewer(), arguments["files"]) as prepared:
        return _answer(about, view, {**arguments, "files": prepared}, sent=arguments)


def _answer(about: Endpoint, view: ApiView, arguments: dict[str, Any], *, sent: dict[str, Any]) -> Response:
    """What the view says; with a key, what it said first. A refusal undoes the claim with everything else."""
    viewer = current_viewer()
    key = read_key() if about.is_write else None
    if key is None:
        return _render(about, view(viewer, **arguments))
    done = claim(viewer.me, key, fingerprint("api", sent_as(sent)))
    if done is not None:
        return _respond(*json.loads(done))
    response = _render(about, view(viewer, **arguments))
    kept = [response.status_code, response.get_data(as_text=True) or None, response.headers.get("Location")]
    keep(viewer.me, key, json.dumps(kept))
    return response


def _render(about: Endpoint, result: Result) -> Response:
    status = next(iter(about.answers))
    answer = result if isinstance(result, Answer) else Answer(result, status)
    text = None if answer.body is None else answer.body.model_dump_json(by_alias=True)
    return _respond(answer.status, text, answer.location)


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
    response.vary.update(["Authorization", "Accept-Language"])
    if response.status_code == 401:  # noqa: PLR2004 - the status that asks for a token
        response.headers["WWW-Authenticate"] = 'Bearer realm="api"'
    return response

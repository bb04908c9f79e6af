"""The headers of every kind of answer: what a browser must not do with it, and where it may not be kept."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.integration.conftest import Browser
from tests.integration.test_files import added, send
from tests.makers import forum as make
from tests.makers.people import person, sign_in

KINDS = {
    "/": 200,
    "/sign-in": 200,
    "/threads/999999": 404,
    "/settings": 303,
    "/api/v1/threads": 200,
    "/api/v1/threads/999999": 404,
    "/api/v1/me": 401,
    "/feeds/latest.atom": 200,
    "/sitemap.xml": 200,
    "/robots.txt": 200,
    "/healthz": 200,
    "/static/site.css": 200,
    "/static/nothing.js": 404,
    "/static/css": 404,
    f"/static/{'long' * 1000}": 404,
    "/static/%00": 404,
    "/listings/template.csv?kind=instrument": 200,
}


@pytest.fixture
def client(client: FlaskClient) -> FlaskClient:
    return Browser(client.application, client.application.response_class, use_cookies=True)


def must_be_guarded(answer: TestResponse) -> None:
    headers = answer.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Cache-Control"]
    policy = headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
    assert policy.startswith(("default-src 'self'", "default-src 'none'"))


@pytest.mark.parametrize("path", KINDS)
def test_every_kind_of_answer_is_guarded(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == KINDS[path]
    must_be_guarded(answer)
    assert "Strict-Transport-Security" not in answer.headers
    safe = client.get(path, base_url="https://localhost")
    assert safe.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_a_refused_form_and_a_failure_are_guarded(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    must_be_guarded(client.post("/sign-in", data={"name": "x", "password": "y"}))

    def fail(**_values: object) -> None:
        raise RuntimeError("a fault of the house")

    monkeypatch.setitem(client.application.view_functions, "portal.robots", fail)
    answer = client.get("/robots.txt")
    assert answer.status_code == 500
    must_be_guarded(answer)


@pytest.mark.parametrize(("name", "content"), [("page.html", b"<script>alert(1)</script>"), ("values.csv", b"a,b\n")])
def test_a_file_of_somebody_is_never_a_page_of_the_site(client: FlaskClient, name: str, content: bytes) -> None:
    sign_in(client, person())
    answer = send(client, content, name)
    if answer.status_code != 201:
        assert answer.status_code in {415, 422}, "what could be a page is not even taken"
        return
    assert answer.json is not None
    given = client.get(answer.json["url"])
    must_be_guarded(given)
    assert given.headers["Content-Disposition"].startswith("attachment; ")
    assert given.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert given.headers["Cache-Control"] == "private, no-store"


def test_a_picture_in_a_page_is_no_document_either(client: FlaskClient) -> None:
    user = person()
    sign_in(client, user)
    file = added(client)
    make.thread(author=user, body=f"Look:\n\n{file['markdown']}")
    given = client.get(file["url"])
    must_be_guarded(given)
    assert given.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_whom_to_tell_of_a_fault_is_said_where_the_operator_named_somebody(app: Flask, client: FlaskClient) -> None:
    assert client.get("/.well-known/security.txt").status_code == 404
    usual = app.config["SETTINGS"]
    app.config["SETTINGS"] = usual.model_copy(update={"security_contact": "mailto:security@example.cn"})
    try:
        answer = client.get("/.well-known/security.txt")
    finally:
        app.config["SETTINGS"] = usual
    assert answer.content_type == "text/plain; charset=utf-8"
    assert answer.text.startswith("Contact: mailto:security@example.cn\nExpires: ")

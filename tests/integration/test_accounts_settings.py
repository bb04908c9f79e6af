import io
import re
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import ApiToken, User, UserSession
from accounts.viewers import viewer_for, viewer_of_token
from kernel.clock import now
from kernel.ids import hash_token
from kernel.mail import Mail
from tests.makers.people import PASSWORD, api_token, person, sign_in

PROFILE = {"display_name": "Tom Baker"}


def picture(size: tuple[int, int] = (900, 600), form: str = "PNG") -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", size, "#446688").save(out, form)
    out.seek(0)
    return out


def test_a_profile_is_saved_as_a_whole(client: FlaskClient, database: Session) -> None:
    user = person(handle="tom-baker")
    sign_in(client, user)
    sent = PROFILE | {
        "affiliation": "Harrowgate Reliability Laboratory",
        "affiliation_kind": "provider",
        "job_title": "Head of accelerated testing",
        "region": "33",
        "fields": "damp heat, failure analysis，  damp heat",
        "sectors": ["energy", "materials"],
        "bio": "I break **modules**.\n\n<script>alert(1)</script>",
        "website": "https://example.cn/tom",
        "orcid": "https://orcid.org/0000-0002-1825-0097",
    }
    assert client.post("/settings", data=sent).status_code == 303
    database.expire_all()
    stored = database.get_one(User, user.id)
    assert stored.fields == ["damp heat", "failure analysis"]
    assert stored.orcid == "0000-0002-1825-0097"
    assert stored.region == "33"
    assert stored.sectors == ["materials", "energy"]
    assert "<strong>modules</strong>" in stored.bio_html
    assert "<script" not in stored.bio_html
    page = client.get("/settings").text
    assert 'value="Harrowgate Reliability Laboratory"' in page
    assert 'value="damp heat, failure analysis"' in page
    assert re.search(r'<option selected value="33">', page)
    assert (
        re.findall(r'<input checked id="sectors-\d" name="sectors" type="checkbox" value="(\w+)">', page)
        == stored.sectors
    )
    assert client.post("/settings", data=sent | {"sectors": []}).status_code == 303
    database.expire_all()
    assert database.get_one(User, user.id).sectors == []


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("orcid", "0000-0002-1825-0098", "check digit"),
        ("orcid", "12", "check digit"),
        ("website", "javascript:alert(1)", "not a web address"),
        ("website", "https://user:secret@example.cn/", "not a web address"),
        ("website", "https://[::1", "not a web address"),
        ("region", "99", "not known"),
        ("affiliation_kind", "guild", "not known"),
        ("sectors", "alchemy", "not known"),
        ("fields", ",".join("abcdefghi"), "at most 8"),
        ("bio", "x" * 5001, "at most 5000"),
        ("display_name", " ", "want to be called"),
    ],
)
def test_a_profile_that_cannot_be_is_refused_at_the_field(
    client: FlaskClient, field: str, value: str, words: str
) -> None:
    sign_in(client, person())
    answer = client.post("/settings", data=PROFILE | {"affiliation": "kept as typed", field: value})
    assert answer.status_code == 422
    assert words in answer.text
    assert "kept as typed" in answer.text


def test_a_photo_becomes_a_small_square_at_an_address_of_its_own(
    app: Flask, client: FlaskClient, database: Session
) -> None:
    user = person(handle="lin-wei")
    sign_in(client, user)
    answer = client.post("/settings/photo", data={"photo": (picture(), "me.png")})
    assert answer.status_code == 303
    url = viewer_for(user.id).avatar_url
    assert url is not None
    image = client.get(url)
    assert image.content_type == "image/webp"
    assert "immutable" in image.headers["Cache-Control"]
    assert Image.open(io.BytesIO(image.data)).size == (320, 320)
    assert url in client.get("/settings").text
    assert client.get(url.replace("lin-wei", "lin-wie")).status_code == 404
    client.post("/settings/photo/remove")
    assert client.get(url).status_code == 404
    assert viewer_for(user.id).avatar_url is None


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "me.svg"),
        (b"plain words", "me.txt"),
        (b"\x89PNG\r\n\x1a\nrest", "me.png"),
        (b"", "me.png"),
    ],
)
def test_what_is_no_picture_is_refused(client: FlaskClient, content: bytes, name: str) -> None:
    sign_in(client, person())
    answer = client.post("/settings/photo", data={"photo": (io.BytesIO(content), name)})
    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    assert client.post("/settings/photo", data={}).status_code == 422


def test_a_new_password_ends_other_sessions_and_on_request_the_tokens(
    app: Flask, client: FlaskClient, database: Session
) -> None:
    user = person(handle="lin-wei")
    mine, other = sign_in(client, user), sign_in(app.test_client(), user)
    new = {"password": "six climate chambers"}
    secret = hash_token(api_token(user))
    assert client.post("/settings/password", data={"password": "short"}).status_code == 422
    assert client.post("/settings/password", data=new).status_code == 303
    assert viewer_of_token(secret) is not None
    assert client.post("/settings/password", data=new | {"ends_tokens": "y"}).status_code == 303
    assert viewer_of_token(secret) is None
    left = set(database.scalars(select(UserSession.id).where(UserSession.user_id == user.id)))
    assert mine.id in left
    assert other.id not in left
    client.post("/sign-out")
    assert client.post("/sign-in", data={"name": "lin-wei", "password": PASSWORD}).status_code == 422
    assert client.post("/sign-in", data=new | {"name": "lin-wei"}).status_code == 303
    assert database.scalars(select(Mail).where(Mail.recipient == user.email)).first()


def test_a_new_address_counts_once_confirmed_and_the_old_one_is_told(client: FlaskClient, database: Session) -> None:
    user = person(handle="lin-wei", email="old@example.cn")
    sign_in(client, user)
    change = {"email": "new@example.cn"}
    assert client.post("/settings/email", data=change | {"email": "old@example.cn"}).status_code == 422
    assert client.post("/settings/email", data=change).status_code == 303
    told, asked = (
        database.scalars(select(Mail).where(Mail.recipient == to)).one() for to in ("old@example.cn", "new@example.cn")
    )
    assert "new@example.cn" in told.body
    database.expire_all()
    assert database.get_one(User, user.id).email == "old@example.cn"
    found = re.search(r"(/confirm/\S+)", asked.body)
    assert found
    assert client.post(found[1]).status_code == 303
    database.expire_all()
    assert database.get_one(User, user.id).email == "new@example.cn"
    assert len(database.scalars(select(Mail).where(Mail.recipient == "old@example.cn")).all()) == 2


def test_an_address_of_somebody_else_looks_like_any_other(client: FlaskClient, database: Session) -> None:
    person(email="taken@example.cn")
    sign_in(client, person(email="old@example.cn"))
    free = client.post("/settings/email", data={"email": "free@example.cn"})
    taken = client.post("/settings/email", data={"email": "taken@example.cn"})
    assert (free.status_code, free.location) == (taken.status_code, taken.location)
    bodies = [mail.body for mail in database.scalars(select(Mail).where(Mail.recipient == "taken@example.cn"))]
    assert len(bodies) == 1
    assert "/confirm/" not in bodies[0]


def test_of_two_who_confirm_the_same_address_the_second_is_told(
    app: Flask, client: FlaskClient, database: Session
) -> None:
    links = []
    for _ in range(2):
        user = person()
        sign_in(client, user)
        client.post("/settings/email", data={"email": "wanted@example.cn"})
        mail = database.scalars(
            select(Mail).where(Mail.recipient == "wanted@example.cn").order_by(Mail.id.desc())
        ).first()
        found = re.search(r"(/confirm/\S+)", mail.body if mail else "")
        assert found
        links.append(found[1])
    assert client.post(links[0]).status_code == 303
    refused = client.post(links[1])
    assert refused.status_code == 410
    assert "Another account uses this address" in refused.text


def test_an_unconfirmed_person_is_shown_how_to_get_the_link_again(client: FlaskClient, database: Session) -> None:
    user = person(confirmed=False)
    sign_in(client, user)
    assert "waits to be confirmed" in client.get("/settings/account").text
    assert client.post("/settings/confirmation").status_code == 303
    assert "/confirm/" in database.scalars(select(Mail).where(Mail.recipient == user.email)).one().body
    assert client.get("/settings/tokens").status_code == 403


def test_language_zone_and_theme_are_kept_with_the_account(client: FlaskClient) -> None:
    user = person()
    sign_in(client, user)
    sent = {"locale": "zh_Hans", "timezone": "Europe/Lisbon", "theme": "dark"}
    assert client.post("/settings/appearance", data=sent).status_code == 303
    viewer = viewer_for(user.id)
    assert (viewer.locale, viewer.timezone, viewer.theme) == ("zh_Hans", "Europe/Lisbon", "dark")
    assert client.post("/settings/appearance", data=sent | {"timezone": "Mars/Olympus"}).status_code == 422
    client.post("/language", data={"lang": "en"})
    client.post("/theme", data={"theme": "light"})
    viewer = viewer_for(user.id)
    assert (viewer.locale, viewer.theme) == ("en", "light")


def test_a_token_is_shown_once_and_opens_within_its_scopes(client: FlaskClient, database: Session) -> None:
    user = person()
    sign_in(client, user)
    answer = client.post("/settings/tokens", data={"name": "import script", "scopes": ["read"], "lifetime": "30"})
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    found = re.search(r'value="(guildhall_[\w-]+)"', answer.text)
    assert found
    secret = found[1]
    assert secret not in client.get("/settings/tokens").text
    opened = viewer_of_token(hash_token(secret))
    assert opened is not None
    assert opened.viewer.user_id == user.id
    assert opened.scopes == {"read"}
    with time_machine.travel(now() + timedelta(days=31)):
        assert viewer_of_token(hash_token(secret)) is None
    row = database.scalars(select(ApiToken).where(ApiToken.user_id == user.id)).one()
    other = person()
    sign_in(client, other)
    assert client.post(f"/settings/tokens/{row.id}/revoke").status_code == 404
    sign_in(client, user)
    assert client.post(f"/settings/tokens/{row.id}/revoke").status_code == 303
    assert viewer_of_token(hash_token(secret)) is None


@pytest.mark.parametrize(
    "sent", [{"name": " ", "scopes": ["read"]}, {"name": "x", "scopes": []}, {"name": "x", "scopes": ["all"]}]
)
def test_a_token_without_name_or_scope_is_refused(client: FlaskClient, sent: dict[str, object]) -> None:
    sign_in(client, person())
    assert client.post("/settings/tokens", data={"lifetime": "", **sent}).status_code == 422


def test_a_form_without_its_token_is_refused(app: Flask, client: FlaskClient, database: Session) -> None:
    user = person()
    sign_in(client, user)
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        assert (
            client.post(
                "/settings/appearance", data={"locale": "en", "timezone": "Europe/Lisbon", "theme": "dark"}
            ).status_code
            == 400
        )
        assert client.post("/language", data={"lang": "zh_Hans"}).status_code == 400
        assert viewer_for(user.id).locale == "en"
        page = client.get("/settings/appearance").text
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found
        answer = client.post("/language", data={"lang": "zh_Hans", "csrf_token": found[1]})
        assert answer.status_code == 303
        assert viewer_for(user.id).locale == "zh_Hans"
    finally:
        app.config["WTF_CSRF_ENABLED"] = False


def test_every_page_of_the_settings_says_in_its_title_which_it_is(client: FlaskClient, database: Session) -> None:
    sign_in(client, person(locale="en"))
    paths = set(re.findall(r'href="(/settings[a-z/]*)"', client.get("/settings").text))
    pages = {path: client.get(path, follow_redirects=True).text for path in paths}
    titles = {path: page[page.index("<title>") : page.index("</title>")] for path, page in pages.items()}
    assert len(paths) > 8
    assert len(set(titles.values())) == len(paths), titles

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.viewers import viewer_for
from kernel.mail import Mail
from kernel.mail.outbox import whole
from tests.makers.people import PASSWORD, person, sign_in

NEW = {"handle": "lin-wei", "display_name": "林蔚", "email": "Lin.Wei@Example.cn", "password": "perovskites at dawn"}


def mails(database: Session, to: str) -> list[Mail]:
    return list(database.scalars(select(Mail).where(Mail.recipient == to).order_by(Mail.id)))


def link(mail: Mail) -> str:
    found = re.search(r"http://127\.0\.0\.1:8000(/\S+/\S+)", whole(mail, mail.body))
    assert found, mail.body
    return found[1]


def english(client: FlaskClient) -> FlaskClient:
    client.set_cookie("lang", "en")
    return client


def test_somebody_joins_confirms_and_signs_in(client: FlaskClient, database: Session) -> None:
    english(client)
    assert client.get("/sign-up").status_code == 200
    answer = client.post("/sign-up", data=NEW)
    assert (answer.status_code, answer.location) == (303, "/check-mail")
    user = database.scalars(select(User).where(User.handle == "lin-wei")).one()
    assert (user.email, user.display_name, user.locale) == ("lin.wei@example.cn", "林蔚", "en")
    assert user.password_hash.startswith("$argon2id$")
    [mail] = mails(database, "lin.wei@example.cn")
    assert mail.state == "kept"
    address = link(mail)
    page = client.get(address)
    assert page.status_code == 200
    assert "Yes, this is my address" in page.text
    assert not viewer_for(user.id).is_member, "looking must not confirm"
    assert client.post(address).status_code == 303
    assert viewer_for(user.id).is_member
    assert client.get(address).status_code == 410
    assert client.post(address).status_code == 410
    answer = client.post("/sign-in", data={"name": "lin-wei", "password": NEW["password"]})
    assert (answer.status_code, answer.location) == (303, "/")
    assert client.get("/settings").status_code == 200


def test_whoever_looks_for_the_mail_sees_the_address_they_typed_until_it_is_confirmed(
    client: FlaskClient, database: Session
) -> None:
    english(client)
    client.post("/sign-up", data=NEW)
    page = client.get("/check-mail").text
    assert f'value="{NEW["email"].lower()}"' in page.lower()
    assert "guildhall mail show" in page, "without a mail server it says where the link is"
    client.post(link(mails(database, "lin.wei@example.cn")[0]))
    assert "example.cn" not in client.get("/check-mail").text.lower()


def test_a_known_address_looks_like_a_new_one_and_its_owner_is_told(client: FlaskClient, database: Session) -> None:
    english(client)
    person(handle="owner", email="owner@example.cn")
    fresh = client.post("/sign-up", data=NEW)
    known = client.post("/sign-up", data=NEW | {"handle": "somebody", "email": "OWNER@example.cn"})
    assert (fresh.status_code, fresh.location, fresh.data) == (known.status_code, known.location, known.data)
    assert database.scalar(select(func.count()).select_from(User).where(User.handle == "somebody")) == 0
    [mail] = mails(database, "owner@example.cn")
    assert "@owner" in mail.body


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"handle": "Lin Wei"}, "2 to 30 characters"),
        ({"handle": "лин-вей"}, "2 to 30 characters"),
        ({"handle": "admin"}, "cannot be used"),
        ({"handle": "complete"}, "cannot be used"),
        ({"handle": "taken"}, "Somebody has this handle"),
        ({"display_name": "\u202e\u200b \x07"}, "want to be called"),
        ({"email": "not an address"}, "not an e-mail address"),
        ({"email": "a@b.cn\nBcc: c@d.cn"}, "not an e-mail address"),
        ({"password": "short"}, "at least 10"),
        ({"password": "Password123"}, "first that anyone would try"),
        ({"password": "lin-wei-2026"}, "must not be your name"),
        ({"password": "aaaaaaaaaaaaaaa"}, "first that anyone would try"),
    ],
)
def test_what_cannot_be_is_refused_and_kept_in_the_form(
    client: FlaskClient, database: Session, change: dict[str, str], words: str
) -> None:
    english(client)
    person(handle="taken")
    answer = client.post("/sign-up", data=NEW | change)
    assert answer.status_code == 422
    assert words in answer.text
    if "display_name" not in change:
        assert "林蔚" in answer.text
    assert database.scalar(select(func.count()).select_from(User)) == 1


def test_a_name_is_cleaned_of_what_nobody_sees(client: FlaskClient, database: Session) -> None:
    client.post("/sign-up", data=NEW | {"display_name": "  Ｌｉｎ\u202e\u200b  Wei\x00 "})
    assert database.scalars(select(User.display_name)).one() == "Lin Wei"


def test_the_link_is_sent_again_and_only_the_newest_works(client: FlaskClient, database: Session) -> None:
    client.post("/sign-up", data=NEW)
    known = client.post("/confirm", data={"email": NEW["email"]})
    unknown = client.post("/confirm", data={"email": "nobody@example.cn"})
    assert (known.status_code, known.location) == (unknown.status_code, unknown.location)
    first, second = mails(database, "lin.wei@example.cn")
    assert client.get(link(first)).status_code == 410
    assert client.get(link(second)).status_code == 200


def test_a_forgotten_password_is_chosen_anew_once_and_ends_all_sessions(client: FlaskClient, database: Session) -> None:
    english(client)
    user = person(handle="chen-yu")
    sign_in(client, user)
    assert client.get("/settings").status_code == 200
    known = client.post("/forgot", data={"email": user.email})
    unknown = client.post("/forgot", data={"email": "nobody@example.cn"})
    assert (known.status_code, known.location, known.data) == (unknown.status_code, unknown.location, unknown.data)
    address = link(mails(database, user.email)[0])
    refused = client.post(address, data={"password": "chen-yu-12345"})
    assert refused.status_code == 422
    assert client.get(address).status_code == 200, "a refused password must not use the link up"
    assert client.post(address, data={"password": "six climate chambers"}).status_code == 303
    assert client.get("/settings").status_code == 303, "signed out everywhere"
    assert client.post(address, data={"password": "another long one"}).status_code == 410
    assert client.post("/sign-in", data={"name": user.email, "password": PASSWORD}).status_code == 422
    answer = client.post("/sign-in", data={"name": user.email, "password": "six climate chambers"})
    assert answer.status_code == 303
    assert "changed just now" in mails(database, user.email)[-1].body


def test_a_reset_proves_the_address_too(client: FlaskClient, database: Session) -> None:
    user = person(confirmed=False)
    client.post("/forgot", data={"email": user.email})
    client.post(link(mails(database, user.email)[0]), data={"password": "six climate chambers"})
    assert viewer_for(user.id).is_member


def test_links_expire(client: FlaskClient, database: Session) -> None:
    from datetime import timedelta

    import time_machine

    from kernel.clock import now

    user = person()
    client.post("/forgot", data={"email": user.email})
    address = link(mails(database, user.email)[0])
    with time_machine.travel(now() + timedelta(hours=2, seconds=1)):
        assert client.get(address).status_code == 410


def test_mail_is_written_in_the_receivers_language(client: FlaskClient, database: Session) -> None:
    english(client)
    user = person(locale="zh_Hans")
    client.post("/forgot", data={"email": user.email})
    [mail] = mails(database, user.email)
    assert mail.subject in {"设置新密码", "选择新密码", "Choose a new password"}


def test_whoever_joins_from_a_page_comes_back_to_it(client: FlaskClient, database: Session) -> None:
    form = {
        "display_name": "Li Gong",
        "handle": "li-gong",
        "email": "li-gong@example.cn",
        "password": "a long way to go home",
        "next": "/communities/materials",
    }
    assert client.post("/sign-up", data=form).status_code == 303
    letter = database.scalars(select(Mail).where(Mail.recipient == "li-gong@example.cn")).one()
    link = next(word for word in letter.body.split() if "/confirm/" in word)
    confirmed = client.post("/confirm/" + link.rpartition("/")[2])
    assert confirmed.location == "/sign-in?next=%2Fcommunities%2Fmaterials"

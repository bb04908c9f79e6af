import re
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.mail import Mail
from tests.makers.people import person, sign_in

ENGLISH = {"Accept-Language": "en"}
CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9"}


def test_a_letter_speaks_as_its_reader_does_and_the_page_as_its_visitor(client: FlaskClient, database: Session) -> None:
    user = person(handle="lin-wei", display_name="林蔚", locale="zh_Hans")
    page = client.post("/forgot", data={"email": user.email}, headers=ENGLISH, follow_redirects=True).text
    mail = database.scalars(select(Mail)).one()
    assert mail.subject == "设置新密码"
    assert mail.body.startswith("林蔚，您好：")
    assert '<html lang="en"' in page
    assert "Look into your mail" in page


def test_what_the_form_library_says_is_chinese_too(client: FlaskClient) -> None:
    page = client.post("/sign-up", data={"handle": "a" * 40}, headers=CHINESE).text
    assert "字段长度不能超过 30 个字符。" in page
    assert "请填写此项。" in page


def test_time_zones_are_named_in_the_language_of_the_page(client: FlaskClient) -> None:
    sign_in(client, person(handle="lin-wei", locale="zh_Hans", timezone="Asia/Calcutta"))
    page = client.get("/settings/appearance").text
    assert "UTC+08:00 中国 · 上海" in page
    assert '<option selected value="Asia/Calcutta">UTC+05:30 印度 · 加尔各答</option>' in page
    assert "Shanghai<" not in page


class Words(HTMLParser):
    """What a reader of the page meets in the page's own language: its text and its labels."""

    VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})
    SPOKEN = frozenset({"aria-label", "title", "placeholder", "alt"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[bool] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        own = tag in {"script", "style", "kbd"} or (tag != "html" and given.get("lang") not in {None, "zh-Hans"})
        if not any((*self._open, own)):
            said = {name for name in given if name in self.SPOKEN or name.startswith("data-")}
            self.found += [given[name] or "" for name in said]
        if tag not in self.VOID:
            self._open.append(own)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not any(self._open):
            self.found.append(data)


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/communities", "/communities/ict", "/communities/ict/ai", "/communities/experts", "/tags", "/people"),
        *("/people/lin-wei", "/log", "/new", "/drafts", "/bookmarks", "/files", "/notifications", "/staff"),
        *("/staff/outbox", "/settings", "/settings/account", "/settings/sessions", "/settings/tokens"),
        *("/settings/appearance", "/nowhere", "/people?cursor=nowhere", "/forgot", "/check-mail", "/confirm/old"),
    ],
)
def test_no_english_sentence_stands_on_a_chinese_page(client: FlaskClient, path: str) -> None:
    sign_in(client, person(handle="lin-wei", display_name="林蔚", staff=True, locale="zh_Hans"))
    english = [text for text in Words(client.get(path).text).found if re.search(r"[a-z]{3,} [a-z]{2,}", text)]
    assert english == []


@pytest.mark.parametrize("path", ["/", "/sign-up", "/sign-in", "/forgot", "/communities", "/nowhere", "/staff"])
def test_no_english_sentence_meets_a_chinese_stranger(client: FlaskClient, path: str) -> None:
    page = client.get(path, headers=CHINESE).text
    assert [text for text in Words(page).found if re.search(r"[a-z]{3,} [a-z]{2,}", text)] == []

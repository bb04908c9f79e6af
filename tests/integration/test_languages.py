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
    assert mail.body.startswith("林蔚，你好：")
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

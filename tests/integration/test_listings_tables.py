"""Tables of listings: what goes in, what is refused and why, and that what goes out comes in again as it was."""

import codecs
import csv
import io
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from accounts.blobs import blob_store
from accounts.models import User
from accounts.viewers import viewer_for
from kernel.clock import now
from kernel.work import unit_of_work
from resources.exporting import csv_lines, kinds_in, own_query, template_lines
from resources.importing.cells import guarded, is_formula, unguarded
from resources.importing.checking import Fate, check_table
from resources.importing.kept import forget_old_tables
from resources.importing.tables import MOST_BYTES, read_table
from resources.importing.writing import prepare, write
from resources.models import Listing, ListingImport, ListingState
from resources.offers import typed_of
from resources.vocabulary import KINDS
from tests.makers import listings as make
from tests.makers.people import person, sign_in

HEAD = "资源类型,标题,摘要,产业,省份,城市,获取方式,仪器类别,型号,安放地点"
GOOD = "大型仪器设备,场发射扫描电镜,观察表面形貌,新材料；生物医药,浙江,杭州,预约,分析仪器,SU8600,一号楼"


def table(*lines: str, head: str = HEAD, encoding: str = "utf-8") -> bytes:
    return "\r\n".join((head, *lines)).encode(encoding)


def send(client: FlaskClient, data: bytes, *, name: str = "table.csv", **fields: str) -> TestResponse:
    answer = client.post("/listings/import", data={"file": (io.BytesIO(data), name), **fields})
    answer.get_data()
    answer.request.environ["wsgi.input"].close()  # a large body lies in a file
    return answer


def importing(client: FlaskClient, data: bytes, **fields: str) -> str:
    """Send a table, look at its report, confirm; answers the report."""
    sent = send(client, data, **fields)
    assert sent.status_code == 303, sent.text
    report = client.get(sent.location).text
    assert client.post(sent.location, data={"then": "publish"}).status_code == 303
    return report


@pytest.fixture
def owner(client: FlaskClient, database: Session) -> User:
    user = person(locale="en")
    sign_in(client, user)
    return user


def titles(database: Session) -> list[str]:
    return list(database.scalars(select(Listing.title).order_by(Listing.id)))


def test_what_is_out_of_use_comes_in_paused(client: FlaskClient, database: Session, owner: User) -> None:
    head = f"编号,{HEAD},使用状态"
    importing(client, table(f"a,{GOOD},停用", f"b,{GOOD},正常使用", head=head))
    states = select(Listing.source_id, Listing.state).order_by(Listing.source_id)
    assert database.execute(states).all() == [("a", "paused"), ("b", "published")]
    retired = database.scalars(select(Listing).where(Listing.source_id == "a")).one()
    assert client.get(f"/listings/{retired.id}").status_code in {200, 301}, "its owner sees it"
    importing(client, table(f"a,{GOOD},停用", f"b,{GOOD},停用", head=head))
    assert database.execute(states).all() == [("a", "paused"), ("b", "paused")]
    client.post(f"/listings/{retired.id}/publish")
    importing(client, table(f"a,{GOOD.replace('SU8600', 'SU8700')},停用", head=head))
    assert database.execute(states).all() == [("a", "published"), ("b", "paused")], "its owner put it up, as it is"


def test_a_table_is_looked_through_before_anything_is_imported(
    client: FlaskClient, database: Session, owner: User
) -> None:
    lines = [GOOD, GOOD.replace("预约", "偷走").replace("SU8600", ""), "只有,三,格"]
    sent = send(client, table(*lines))
    report = client.get(sent.location).text
    assert titles(database) == []
    assert re.search(r"<dt>New rows</dt><dd>1</dd>", report)
    assert re.search(r"<dt>Refused</dt><dd>2</dd>", report)
    for column, reason in (("获取方式", "This choice is not known here."), ("型号", "Please fill this in.")):
        assert re.search(rf"<tr><td>3</td><td>{column}</td><td>{reason}</td>", report), column
    assert "The row has 3 cells, the headings are 10." in report
    client.post(sent.location, data={"then": "publish"})
    made = database.scalars(select(Listing)).one()
    assert (made.owner_id, made.state, made.region, made.city) == (owner.id, ListingState.PUBLISHED, "33", "3301")
    assert made.sectors == ["materials", "bio"]
    assert made.facts == {"class": "analytical", "model": "SU8600", "location": "一号楼"}


def test_the_report_speaks_the_language_of_its_reader(client: FlaskClient, database: Session) -> None:
    sign_in(client, person(locale="zh_Hans"))
    sent = send(client, table(GOOD.replace("SU8600", "")))
    assert "请填写此项。" in client.get(sent.location).text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_chinese_tables_come_in_whatever_encoding_a_spreadsheet_writes(
    client: FlaskClient, database: Session, owner: User, encoding: str
) -> None:
    importing(client, table(GOOD, encoding=encoding))
    assert titles(database) == ["场发射扫描电镜"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_commas_semicolons_and_tabs_all_separate(
    client: FlaskClient, database: Session, owner: User, delimiter: str
) -> None:
    importing(client, table(GOOD.replace(",", delimiter), head=HEAD.replace(",", delimiter)))
    assert titles(database) == ["场发射扫描电镜"]


def test_english_headings_and_codes_do_as_well(client: FlaskClient, database: Session, owner: User) -> None:
    data = table(
        "instrument,Lathe,Turns,materials,33,3301,book,process,L1,Hall 2",
        head="kind,Title,SUMMARY,sectors,Province,city,How to get it,class,Model,location",
    )
    importing(client, data)
    assert titles(database) == ["Lathe"]


def test_the_kind_may_be_chosen_for_the_whole_table(client: FlaskClient, database: Session, owner: User) -> None:
    data = table("Tests,We test,quote,testing,All metals", head="title,summary,access,service_kind,scope")
    assert "says the kind of listing" in send(client, data).text
    importing(client, data, kind="service")
    assert database.scalars(select(Listing.kind)).one() == "service"


def test_the_same_table_twice_changes_nothing(client: FlaskClient, database: Session, owner: User) -> None:
    data = table(GOOD, GOOD.replace("场发射", "透射"))
    importing(client, data)
    before = [(row.id, row.version, row.updated_at) for row in database.scalars(select(Listing).order_by(Listing.id))]
    report = client.get(send(client, data).location).text
    assert re.search(r"<dt>As before</dt><dd>2</dd>", report)
    assert "There is nothing to import." in report
    importing(client, data)
    database.expire_all()
    assert [(r.id, r.version, r.updated_at) for r in database.scalars(select(Listing).order_by(Listing.id))] == before


def test_a_confirmation_sent_twice_imports_once(client: FlaskClient, database: Session, owner: User) -> None:
    sent = send(client, table(GOOD))
    for _time in range(2):
        assert client.post(sent.location, data={"then": "publish"}).status_code == 303
    assert len(titles(database)) == 1


def test_a_row_with_a_number_of_its_own_is_changed_by_the_next_table(
    client: FlaskClient, database: Session, owner: User
) -> None:
    importing(client, table(f"A-1,{GOOD}", f"A-2,{GOOD}", head=f"编号,{HEAD}"))
    report = importing(client, table(f"A-1,{GOOD.replace('SU8600', 'SU9000')}", f"A-2,{GOOD}", head=f"编号,{HEAD}"))
    assert re.search(r"<dt>Changed</dt><dd>1</dd>", report)
    database.expire_all()
    first, second = database.scalars(select(Listing).order_by(Listing.id)).all()
    assert (first.facts["model"], first.version) == ("SU9000", 2)
    assert (second.facts["model"], second.version) == ("SU8600", 1)


def test_the_same_row_twice_in_one_table_is_taken_once(client: FlaskClient, database: Session, owner: User) -> None:
    report = importing(client, table(GOOD, GOOD))
    assert "The same as row 2." in report
    assert len(titles(database)) == 1


def test_drafts_may_be_imported_too(client: FlaskClient, database: Session, owner: User) -> None:
    sent = send(client, table(GOOD))
    client.post(sent.location, data={"then": "draft"})
    assert database.scalars(select(Listing.state)).one() == ListingState.DRAFT


HOSTILE = {
    "empty": (b"", "The file is empty."),
    "blank": (b" \n\n", "The file is empty."),
    "a workbook": (b"PK\x03\x04" + bytes(200), "not a table in text form"),
    "an old workbook": (b"\xd0\xcf\x11\xe0" + bytes(200), "not a table in text form"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(200), "not a table in text form"),
    "zeros": (table(GOOD).replace(b"SU8600", b"SU\x008600"), "neither UTF-8 nor GB18030"),
    "random bytes": (bytes(range(128, 256)) * 40, "neither UTF-8 nor GB18030"),
    "another table": (b"name,age\nLin,40\n", "No column is headed"),
    "a letter": (b"Dear all,\nplease find our list below.\n", "No column is headed"),
    "only headings": (table(), "no row under the headings"),
    "two columns alike": (table(GOOD + ",x", head=f"{HEAD},标题"), "Two columns are headed"),
    "a loose quotation mark": (table('"open' + GOOD), "quotation marks do not fit"),
    "too many columns": (table("1", head=",".join(f"c{n}" for n in range(300))), "more than 200 columns"),
    "100,000 rows": (table(*[GOOD] * 30_000), "more than 2,000 rows|more than 2000 rows"),
    "half a BOM": (codecs.BOM_UTF16_LE + b"x", "neither UTF-8 nor GB18030"),
}


@pytest.mark.parametrize("name", list(HOSTILE))
def test_a_file_that_is_no_such_table_is_refused_in_one_sentence(
    client: FlaskClient, database: Session, owner: User, name: str
) -> None:
    data, sentence = HOSTILE[name]
    answer = send(client, data)
    assert answer.status_code == 422
    assert re.search(sentence, answer.text)
    assert database.scalar(select(ListingImport.id)) is None


def test_a_file_that_is_too_large_is_refused(client: FlaskClient, owner: User) -> None:
    assert send(client, table(GOOD) + b"\n" * MOST_BYTES).status_code == 413
    assert client.post("/listings/import", data={}).status_code == 422


@pytest.mark.parametrize("cell", ["=HYPERLINK(1)", "@SUM(A1)", " =1+1", "=cmd|' /C calc'!A0"])
def test_formulas_are_not_taken(client: FlaskClient, database: Session, owner: User, cell: str) -> None:
    line = GOOD.replace("场发射扫描电镜", f'"{cell}"').replace("SU8600", "=1")
    report = importing(client, table(line))
    assert "is a formula" in report
    assert titles(database) == []


def test_markup_in_a_table_is_shown_as_text(client: FlaskClient, database: Session, owner: User) -> None:
    importing(client, table(GOOD.replace("场发射扫描电镜", "<script>alert(1)</script> scope")))
    page = client.get("/listings").text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def test_nobody_else_sees_or_imports_a_table(client: FlaskClient, database: Session, owner: User) -> None:
    url = send(client, table(GOOD)).location
    sign_in(client, person(staff=True))
    assert client.get(url).status_code == 404
    assert client.post(url).status_code == 404
    assert titles(database) == []


def test_nothing_is_imported_when_writing_fails(client: FlaskClient, database: Session, owner: User) -> None:
    viewer = viewer_for(owner.id)
    report = check_table(viewer, read_table(table(GOOD, GOOD.replace("SU8600", "B"))))
    prepared = prepare(viewer, report.entries)
    prepared[1][1]["title"] = None  # what the database refuses, in the middle of it all
    with pytest.raises(Exception, match=r"(?i)null"), unit_of_work():
        write(viewer, prepared, publish=True)
    assert titles(database) == []


def test_tables_are_forgotten_after_a_week(client: FlaskClient, database: Session, owner: User) -> None:
    url = send(client, table(GOOD)).location
    kept = database.scalars(select(ListingImport)).one()
    with unit_of_work():
        kept.created_at = now() - timedelta(days=8)
        assert forget_old_tables() == 1
    assert client.get(url).status_code == 404
    assert blob_store().has(kept.sha256), "the worker removes the bytes later"


@pytest.mark.parametrize("locale", ["zh_Hans", "en"])
def test_what_is_exported_comes_in_again_as_it_was(client: FlaskClient, database: Session, locale: str) -> None:
    owner, other = person(locale=locale), person(locale=locale)
    hard = '-40 °C to 85 °C, "quoted"\nsecond line; 中文，逗号'
    for number, kind in enumerate(KINDS):
        make.listing(
            owner=owner,
            kind=kind,
            title=f"+{number} =begins like a formula",
            summary=hard,
            body="# A heading\n\n- one\n- two",
            sectors="materials; bio",
            region="3205",
            tariff="'=1+1",
            funding="public",
            trl="4",
        )
    with client.application.app_context():
        query = own_query(viewer_for(owner.id))
        text = "".join(csv_lines(query, kinds_in(query), locale=locale, host="one.example"))
    for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"))):
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row), "a spreadsheet would run this"
    viewer = viewer_for(other.id)
    report = check_table(viewer, read_table(text.encode()), host="two.example")
    assert report.refusals == []
    assert report.unknown == []
    with unit_of_work():
        write(viewer, prepare(viewer, report.entries), publish=True)
    said = select(Listing).order_by(Listing.id)
    originals = database.scalars(said.where(Listing.owner_id == owner.id)).all()
    copies = database.scalars(said.where(Listing.owner_id == other.id)).all()
    assert [typed_of(copy) for copy in copies] == [typed_of(original) for original in originals]
    again = check_table(viewer_for(owner.id), read_table(text.encode()), host="one.example")
    assert set(again.fates.values()) == {Fate.SAME}, "my own export, imported here again, is what is here"


def test_the_export_holds_what_its_reader_sees(client: FlaskClient, database: Session, owner: User) -> None:
    make.listing(title="On the shelf", region="33")
    make.listing(title="Somewhere else", region="11")
    make.listing(owner=owner, title="My own draft", state=ListingState.DRAFT)
    answer = client.get("/listings/export.csv?region=33")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.data.startswith(codecs.BOM_UTF8)
    assert "On the shelf" in answer.text
    assert "Somewhere else" not in answer.text
    mine = client.get("/listings/export.csv?mine=1").text
    assert ("My own draft" in mine, "On the shelf" in mine) == (True, False)
    stranger = client.application.test_client()
    assert stranger.get("/listings/export.csv?mine=1").status_code == 303


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_has_a_template_that_is_read_again(client: FlaskClient, owner: User, kind: str) -> None:
    answer = client.get(f"/listings/template.csv?kind={kind}")
    found = read_table(answer.data)
    report = check_table(viewer_for(owner.id), found)
    assert report.unknown == []
    assert {one.column for one in report.refusals} >= {"Title", "Summary"}
    with client.application.app_context():
        assert "".join(template_lines(KINDS[kind], locale="zh_Hans")).count("\r\n") == 2


@given(st.text(max_size=30))
def test_a_guarded_cell_runs_nowhere_and_comes_back(text: str) -> None:
    cell = guarded(text)
    assert unguarded(cell) == text
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert not (cell != text and is_formula(cell))

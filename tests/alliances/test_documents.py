"""Documents: every version kept, read by whom they are for, changed without loss, adopted by a vote."""

import hashlib
import io

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from alliances.actions import documents as actions
from alliances.checks.rooms import versions_of_documents
from alliances.joining import end_membership
from alliances.models import DocumentVersion, LogLine, MemberState, Proposal
from kernel.db import session
from kernel.errors import ConflictError, ForbiddenError
from kernel.work import unit_of_work
from tests.makers import rooms as make
from tests.makers.alliances import MadeAlliance, alliance
from tests.makers.people import person, sign_in
from tests.queries import queries


def url_of(made: MadeAlliance, number: int) -> str:
    return f"{made.alliance.url}/documents/{number}"


def test_every_version_is_kept_and_hashed(client: FlaskClient, database: Session) -> None:
    made = alliance()
    document = make.document(made, title="Protocol", body="One")
    sign_in(client, made.people[0])
    sent = client.post(
        f"{url_of(made, document.id)}/versions", data={"base": "1", "body": "One\n\nTwo", "comment": "A second step"}
    )
    assert sent.status_code == 303
    versions = session().scalars(select(DocumentVersion).order_by(DocumentVersion.number)).all()
    assert [(one.number, one.hash) for one in versions] == [
        (1, hashlib.sha256(b"One").hexdigest()),
        (2, hashlib.sha256(b"One\n\nTwo").hexdigest()),
    ]
    assert "<p>One</p>" in client.get(f"{url_of(made, document.id)}?version=1").get_data(as_text=True)
    diff = client.get(f"{url_of(made, document.id)}/differences?from=1&to=2").get_data(as_text=True)
    assert "Two" in diff
    assert client.get(f"{url_of(made, document.id)}/differences?from=1&to=9").status_code == 404
    assert versions_of_documents(mend=False) == []


def test_whoever_was_slower_keeps_their_text_and_sees_the_difference(client: FlaskClient, database: Session) -> None:
    made = alliance()
    document = make.document(made, body="One")
    with unit_of_work():
        actions.save_version(made.viewer(1), slug=made.alliance.slug, document_id=document.id, base=1, body="Theirs")
    sign_in(client, made.people[0])
    sent = client.post(f"{url_of(made, document.id)}/versions", data={"base": "1", "body": "Mine"})
    page = sent.get_data(as_text=True)
    assert sent.status_code == 409
    assert "Mine</textarea>" in page
    assert "Theirs" in page
    assert 'name="base" value="2"' in page
    assert session().scalar(select(DocumentVersion.body).order_by(DocumentVersion.number.desc())) == "Theirs"


@pytest.mark.parametrize(
    ("audience", "readers"),
    [("public", {"chair", "member", "outsider"}), ("members", {"chair", "member"}), ("council", {"chair"})],
)
def test_a_document_and_its_file_are_read_by_whom_they_are_for(
    client: FlaskClient, database: Session, audience: str, readers: set[str]
) -> None:
    made = alliance(members=4)
    sign_in(client, made.people[0])
    sent = client.post(
        f"{made.alliance.url}/documents",
        data={"title": "Zqtable", "audience": audience, "file": (io.BytesIO(b"a,b\n1,2\n"), "table.csv")},
    )
    assert sent.status_code == 303, sent.get_data(as_text=True)
    number = int(sent.headers["Location"].rpartition("/")[2])
    pages = (url_of(made, number), f"{url_of(made, number)}/versions/1/file")
    for who, somebody in (("chair", made.people[0]), ("member", made.people[3]), ("outsider", person())):
        sign_in(client, somebody)
        assert [client.get(page).status_code for page in pages] == [200 if who in readers else 404] * 2
        listed = client.get(f"{made.alliance.url}/documents").get_data(as_text=True)
        assert ("Zqtable" in listed) is (who in readers)
    sign_in(client, made.people[0])
    with client.get(pages[1]) as file:
        assert file.get_data() == b"a,b\n1,2\n"
        assert "attachment" in file.headers["Content-Disposition"]


def test_a_member_that_ended_reads_nothing_any_more(client: FlaskClient, database: Session) -> None:
    made = alliance(members=4)
    document = make.document(made)
    sign_in(client, made.people[3])
    assert client.get(url_of(made, document.id)).status_code == 200
    with unit_of_work():
        end_membership(made.alliance, made.members[3], state=MemberState.LEFT, actor=None)
    assert client.get(url_of(made, document.id)).status_code == 404


def test_only_officers_write_and_hostile_input_is_refused_in_words(client: FlaskClient, database: Session) -> None:
    made = alliance(members=4)
    with pytest.raises(ForbiddenError):
        make.document(made, by=made.viewer(3))
    sign_in(client, made.people[0])
    for data in (
        {"title": "", "audience": "members", "body": "x"},
        {"title": "x", "audience": "alliance:1", "body": "x"},
        {"title": "x", "audience": "group", "body": "x"},
        {"title": "x", "audience": "members", "body": " "},
        {"title": "x", "audience": "members", "body": "x", "file": (io.BytesIO(b"a,b"), "t.csv")},
        {"title": "x", "audience": "members", "file": (io.BytesIO(b"<html><script>"), "t.html")},
    ):
        assert client.post(f"{made.alliance.url}/documents", data=data).status_code == 422
    document = make.document(made, body="<script>alert(1)</script>\n\n[x](javascript:alert(1))")
    page = client.get(url_of(made, document.id)).get_data(as_text=True)
    assert "alert(1)" not in page.replace("<code>", "") or "<script>alert" not in page
    assert 'href="javascript' not in page


def adopted(made: MadeAlliance, document_id: int, number: int) -> Proposal:
    """A version put to the vote, and passed."""
    with unit_of_work():
        proposal = actions.put_to_adoption(
            made.viewer(), slug=made.alliance.slug, document_id=document_id, number=number
        )
    return make.decide(made, proposal, {"stance": "yes"})


def test_a_vote_adopts_a_version_and_later_ones_are_not_adopted_by_it(client: FlaskClient, database: Session) -> None:
    made = alliance(exclusion_days=45)
    document = make.document(made, title="Protocol", body="One", files_it=True)
    with unit_of_work():
        actions.save_version(made.viewer(), slug=made.alliance.slug, document_id=document.id, base=1, body="Two")
    proposal = adopted(made, document.id, 2)
    assert proposal.outcome == "passed"
    version = session().scalars(select(DocumentVersion).where(DocumentVersion.number == 2)).one()
    assert version.adopted_at is not None
    assert version.exclusion_until is not None
    assert (version.exclusion_until - version.adopted_at).days == 45
    assert document.adopted_number == 2
    with unit_of_work():
        actions.save_version(made.viewer(), slug=made.alliance.slug, document_id=document.id, base=2, body="Three")
    sign_in(client, made.people[2])
    page = client.get(url_of(made, document.id)).get_data(as_text=True)
    assert "adopted: version 2" in page
    assert "newest: version 3, not adopted" in page
    assert "document-adopted" in set(session().scalars(select(LogLine.act)))
    with pytest.raises(ConflictError):
        actions.put_to_adoption(made.viewer(), slug=made.alliance.slug, document_id=document.id, number=2)


def test_the_list_and_the_page_ask_little(client: FlaskClient, database: Session) -> None:
    made = alliance()
    for _number in range(30):
        document = make.document(made)
    sign_in(client, made.people[0])
    client.get(made.alliance.url)
    with queries(at_most=7):
        client.get(f"{made.alliance.url}/documents")
    with queries(at_most=9):
        client.get(url_of(made, document.id))

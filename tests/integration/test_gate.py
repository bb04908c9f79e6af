"""What somebody new writes waits until a moderator has looked at it, and appears as if they had just written it."""

import io
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.viewers import viewer_for
from activity.models import LogEntry, Notice
from forum.actions.closure import lock_thread
from forum.actions.posts import edit_post, reply
from forum.actions.threads import PollDraft, start_thread
from forum.models import Board, Post, Thread
from forum.models.thread import ThreadKind
from kernel.db import session
from kernel.errors import ConflictError, InvalidError
from kernel.work import unit_of_work
from moderation.models import Review, ReviewState, Submission, SubmissionState
from moderation.reviewables import Outcome
from tests.makers import gate as make_gate
from tests.makers.api import Program
from tests.makers.forum import board, community, post, thread
from tests.makers.people import newcomer, person, sign_in
from tests.queries import queries

LINKS = "Look: https://a.example.com https://b.example.com https://c.example.com"


@pytest.fixture
def moderator(database: Session) -> User:
    return person(grants=(f"moderator:{community().id}",), display_name="Mo Derator")


def test_a_post_with_three_links_waits_and_is_approved(client: FlaskClient, moderator: User) -> None:
    started, new = thread(), newcomer()
    sign_in(client, new)
    answer = client.post(f"/threads/{started.id}/posts", data={"body": LINKS}, follow_redirects=True)
    assert "Waits for approval" in answer.text
    assert "more links than somebody new" in answer.text
    submission = session().scalars(select(Submission)).one()
    assert session().get_one(Thread, started.id, populate_existing=True).live_post_count == 1

    decided = make_gate.decided(moderator, submission)

    made = session().get_one(Post, decided.result_id)
    assert (made.author_id, made.body, made.number) == (new.id, LINKS, 2)
    assert decided.state == SubmissionState.APPROVED
    assert decided.body == ""
    entry = session().scalars(select(LogEntry).order_by(LogEntry.id.desc()).limit(1)).one()
    assert (entry.actor_id, entry.act, entry.place_id) == (moderator.id, "review.approve", started.id)
    told = session().scalars(select(Notice).where(Notice.user_id == new.id)).one()
    assert (told.event, told.ref_id) == ("submission.approved", made.id)


def test_after_two_approved_the_third_appears_at_once(moderator: User) -> None:
    started, new = thread(), newcomer()
    for number in range(2):
        make_gate.decided(moderator, make_gate.waiting(thread=started, author=new, body=f"Number {number}"))
    post(thread=started, author=new, body="At once")


def test_nothing_waits_where_the_operator_switched_it_off(app: Flask, database: Session) -> None:
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = settings.model_copy(update={"approve_first": 0})
    try:
        post(thread=thread(), author=newcomer(), body="At once")
    finally:
        app.config["SETTINGS"] = settings


def test_an_alliances_own_rooms_are_watched_by_its_officers(database: Session) -> None:
    inside = board(audience="alliance:7")
    member = newcomer(grants=("alliance:7",))
    started = thread(board=inside, author=member)
    post(thread=started, author=member, body=LINKS)


def test_an_officer_of_an_alliance_is_nobodys_moderator_elsewhere(database: Session) -> None:
    make_gate.waiting(thread=thread(), author=newcomer(grants=("moderator:alliance:7",)))


def test_a_thread_waits_with_its_tags_and_poll(moderator: User) -> None:
    new = newcomer()
    general = (
        session().scalars(select(Board).where(Board.community_id == community().id, Board.slug == "general")).one()
    )
    with unit_of_work():
        made = start_thread(
            viewer_for(new.id),
            board=general,
            kind=ThreadKind.QUESTION,
            title="How long does it hold?",
            body="Ours held for a week.",
            tags=["perovskite"],
            poll=PollDraft("How long?", ["a week", "a year"]),
        )
    assert isinstance(made, Submission)
    assert session().scalar(select(func.count()).select_from(Thread)) == 0
    started = session().get_one(Thread, make_gate.decided(moderator, made).result_id)
    assert (started.title, started.tags, started.has_poll, started.kind) == (
        "How long does it hold?", ["perovskite"], True, "question",
    )  # fmt: skip


def test_sent_twice_waits_once(database: Session) -> None:
    started, me = thread(), viewer_for(newcomer().id)
    for _ in range(2):
        with unit_of_work():
            made = reply(me, thread_id=started.id, body="Once", once="one-key")
        assert isinstance(made, Submission)
    assert session().scalar(select(func.count()).select_from(Submission)) == 1


def test_what_its_thread_does_not_take_any_more_stays_in_the_queue(moderator: User) -> None:
    started = thread()
    submission = make_gate.waiting(thread=started)
    with unit_of_work():
        lock_thread(viewer_for(moderator.id), thread_id=started.id)
    with pytest.raises(ConflictError):
        make_gate.decided(moderator, submission)
    assert make_gate.is_open(submission)


def test_refused_is_published_nowhere_and_its_author_reads_why(client: FlaskClient, moderator: User) -> None:
    new = newcomer()
    submission = make_gate.waiting(thread=thread(), author=new)
    make_gate.decided(moderator, submission, Outcome.REFUSE, reason="This is an advertisement.")
    assert session().scalar(select(func.count()).select_from(Post)) == 1
    sign_in(client, new)
    seen = client.get(f"/submissions/{submission.id}").text
    assert "This is an advertisement." in seen
    assert "900 hours" in seen


def test_a_corrected_text_is_looked_at_anew(client: FlaskClient, moderator: User) -> None:
    new = newcomer()
    submission = make_gate.waiting(thread=thread(), author=new)
    seen = make_gate.review_of(submission)
    sign_in(client, new)
    client.post(f"/submissions/{submission.id}/edit", data={"body": "Something else entirely"})
    session().expire_all()
    assert seen.state == ReviewState.GONE
    assert make_gate.review_of(submission).id != seen.id
    decided = make_gate.decided(moderator, submission)
    assert session().get_one(Post, decided.result_id).body == "Something else entirely"


def test_taken_back_nobody_decides_any_more(client: FlaskClient, moderator: User) -> None:
    new = newcomer()
    submission = make_gate.waiting(thread=thread(), author=new)
    sign_in(client, new)
    client.post(f"/submissions/{submission.id}/withdrawal")
    session().expire_all()
    assert submission.state == SubmissionState.WITHDRAWN
    with pytest.raises(ConflictError):
        make_gate.decided(moderator, submission)


def test_links_added_to_a_public_post_by_somebody_new_wait(moderator: User) -> None:
    started, new = thread(), newcomer()
    made = session().get_one(
        Post, make_gate.decided(moderator, make_gate.waiting(thread=started, author=new)).result_id
    )
    with unit_of_work():
        held = edit_post(viewer_for(new.id), post_id=made.id, body=LINKS)
    assert isinstance(held, Submission)
    assert session().get_one(Post, made.id, populate_existing=True).body == "Mine held for 900 hours."
    make_gate.decided(moderator, held)
    changed = session().get_one(Post, made.id, populate_existing=True)
    assert (changed.body, changed.edit_count) == (LINKS, 1)


def test_a_file_in_what_waits_is_its_authors_and_the_deciders(client: FlaskClient, moderator: User) -> None:
    new = newcomer()
    sign_in(client, new)
    sent = client.post("/files", data={"file": (io.BytesIO(b"a,b\n1,2\n"), "figures.csv")}).get_json()
    make_gate.waiting(thread=thread(), author=new, body=sent["markdown"])
    other = person(grants=("moderator:999999",))
    for who, status in ((new, 200), (moderator, 200), (person(staff=True), 200), (person(), 404), (other, 404)):
        sign_in(client, who)
        assert client.get(sent["url"]).status_code == status, who.display_name


def test_a_program_hears_that_it_waits(client: FlaskClient, moderator: User) -> None:
    started, new = thread(), newcomer()
    me = Program(client, new)
    answer = me.post(f"/threads/{started.id}/posts", {"body": "By program"}, key="one")
    assert me.post(f"/threads/{started.id}/posts", {"body": "By program"}, key="one").json == answer.json
    sent = answer.json
    assert (answer.status_code, answer.headers["Location"]) == (202, f"/api/v1/submissions/{sent['id']}")
    assert (sent["state"], sent["body_markdown"]) == ("waiting", "By program")
    assert [item["id"] for item in me.get("/submissions").json["items"]] == [sent["id"]]
    made = make_gate.decided(moderator, session().get_one(Submission, sent["id"])).result_id
    assert me.get(f"/submissions/{sent['id']}").json["result"].endswith(f"/posts/{made}")
    assert Program(client, person()).get(f"/submissions/{sent['id']}").status_code == 404


Write = Callable[[User, Thread], object]


def _say(author: User, started: Thread, body: str) -> object:
    with unit_of_work():
        return reply(viewer_for(author.id), thread_id=started.id, body=body)


def test_more_than_fits_is_refused_with_the_limit(database: Session) -> None:
    started, new = thread(), newcomer()
    with pytest.raises(InvalidError, match="8"):
        _say(new, started, " ".join(f"https://{number}.example.com" for number in range(9)))
    with pytest.raises(InvalidError, match="3"):
        _say(new, started, " ".join(f"![x](https://example.com/{number}.png)" for number in range(4)))
    named = " ".join(f"@{person().handle}" for _ in range(4))
    with pytest.raises(InvalidError, match="3"):
        _say(new, started, named)


def test_whoever_writes_too_fast_is_told_when_to_go_on(moderator: User) -> None:
    started, known = thread(), person(trust_level=1)
    for number in range(40):
        _say(known, started, f"Number {number}")
    with pytest.raises(InvalidError, match="40"):
        _say(known, started, "One more")


def test_somebody_new_has_only_so_much_waiting(database: Session) -> None:
    started, new = thread(), newcomer()
    for number in range(5):
        make_gate.waiting(thread=started, author=new, body=f"Number {number}")
    with pytest.raises(InvalidError, match="5"):
        _say(new, started, "One more")


LONG = "We sell the best certificates of all kinds, quickly and at a fair price, ask us about them today. "


def test_the_same_again_waits(database: Session) -> None:
    known = person()
    post(thread=thread(), author=known, body=LONG)
    made = _say(known, thread(), LONG.upper() + "**!**")
    assert isinstance(made, Submission)
    assert made.reasons == ["again"]
    post(thread=thread(), author=known, body="Thanks!")
    post(thread=thread(), author=known, body="Thanks!")


def test_several_new_people_with_the_same_words_wait(database: Session) -> None:
    started = thread()
    make_gate.waiting(thread=started, body=LONG)
    made = _say(person(trust_level=1), started, LONG)
    assert isinstance(made, Submission)
    assert "copies" in made.reasons


def test_several_new_people_from_one_network_with_one_site_stand_together(
    client: FlaskClient, database: Session
) -> None:
    made = []
    for number in range(2):
        new = newcomer()
        sign_in(client, new).ip = f"203.0.113.{number}"
        session().commit()
        client.post(f"/threads/{thread().id}/posts", data={"body": f"https://www.spam.example/{number} {number}"})
        made.append(session().scalars(select(Submission).order_by(Submission.id.desc()).limit(1)).one())
    assert "ring" in made[1].reasons
    assert make_gate.review_of(made[1]).details["alike"] == [made[0].id]
    make_gate.decided(person(staff=True), made[1], Outcome.REFUSE, reason="Spam")
    assert session().get_one(Submission, made[0].id, populate_existing=True).state == SubmissionState.REFUSED
    assert not make_gate.is_open(made[0])


def test_a_reply_of_somebody_known_costs_two_queries_more(database: Session) -> None:
    started, known = thread(), person()
    viewer = viewer_for(known.id)
    with unit_of_work(), queries(at_most=26) as seen:
        reply(viewer, thread_id=started.id, body="Counted")
    assert sum("fingerprint" in statement or "watched_word" in statement for statement in seen) <= 2
    staff = viewer_for(person(staff=True).id)
    with unit_of_work(), queries(at_most=24) as seen:
        reply(staff, thread_id=started.id, body="Counted")
    assert not any("fingerprint" in statement for statement in seen)


def test_decided_reviews_are_marked(moderator: User) -> None:
    submission = make_gate.waiting(thread=thread())
    make_gate.decided(moderator, submission)
    review = session().get_one(Review, make_gate.review_of(submission).id, populate_existing=True)
    assert (review.state, review.outcome, review.decided_by_id) == (ReviewState.DECIDED, "approve", moderator.id)


def test_whose_posts_one_hides_they_are_folded_away_for_oneself_alone(client: FlaskClient, database: Session) -> None:
    me, loud = person(), person()
    started = thread()
    said = post(thread=started, author=loud, body="Very loud words")
    page = f"/threads/{started.id}-{started.slug}"
    sign_in(client, me)
    assert "muted-post" not in client.get(page).text
    assert client.post(f"/posts/{said.id}/muting").status_code == 303
    with queries(at_most=6):
        assert client.get(page).text.count("muted-post") == 1
    sign_in(client, person())
    assert "muted-post" not in client.get(page).text
    sign_in(client, me)
    client.post(f"/posts/{said.id}/unmuting")
    assert "muted-post" not in client.get(page).text

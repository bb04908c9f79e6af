"""Flags: who sees them, what they weigh, what is decided, and who hears of it."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.viewers import viewer_for
from activity.models import LogEntry, Notice
from forum.actions.posts import edit_post
from forum.models import Post
from kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from kernel.refs import Ref, cards
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from moderation.actions.appeals import appeal, case_of
from moderation.actions.flags import withdraw_flag
from moderation.actions.notes import add_note
from moderation.actions.outcomes import ask_for_change, pass_to_staff
from moderation.models import Flag, Review, ReviewState, Sanction, SanctionKind
from moderation.queries.queue import Wanted, queue_page, queue_row
from moderation.reviewables import Outcome
from moderation.weights import flag_record
from tests.makers import forum as make
from tests.makers import watch
from tests.makers.api import Program
from tests.makers.people import person, sign_in


def keeper(slug: str = "materials") -> User:
    return person(grants=(f"moderator:{make.community(slug).id}",))


def post_ref(author: User | None = None) -> Ref:
    return Ref("forum.post", make.post(thread=make.thread(), author=author or person()).id)


def queue(who: User | Viewer) -> list[int]:
    viewer = who if isinstance(who, Viewer) else viewer_for(who.id)
    return [row.review.ref_id for row in queue_page(viewer, Wanted()).items]


def told(user: User, event: str) -> bool:
    from kernel.db import session

    return session().scalar(select(Notice.id).where(Notice.user_id == user.id, Notice.event == event)) is not None


def test_a_flag_waits_for_those_who_look_after_the_place_and_for_nobody_else(
    client: FlaskClient, database: Session
) -> None:
    ref, mine, other = post_ref(), keeper(), keeper("energy")
    flagger = person(display_name="Flag Raiser")
    sign_in(client, flagger)
    form = {"kind": ref.kind, "ref_id": ref.id, "rule_id": watch.rule().id, "note": "It is an advert."}
    assert client.get("/flags/new", query_string={"kind": ref.kind, "ref_id": ref.id}).status_code == 200
    assert client.post("/flags/new", data=form).status_code == 303
    assert queue(mine) == queue(person(staff=True)) == [ref.id]
    assert queue(other) == []
    assert viewer_for(mine.id).open_reviews == 1
    assert viewer_for(other.id).open_reviews == viewer_for(flagger.id).open_reviews == 0
    review = watch.review_of(ref)
    for who, status in ((mine, 200), (other, 404), (flagger, 403), (person(), 403)):
        sign_in(client, who)
        page = client.get(f"/moderation/{review.id}")
        assert page.status_code == status
        assert ("Flag Raiser" in page.text) is (status == 200)


def test_one_flags_a_thing_once_never_ones_own_and_says_which_rule_or_why(database: Session) -> None:
    author, flagger = person(), person()
    ref = post_ref(author)
    with pytest.raises(InvalidError):
        watch.flag(ref, by=flagger, note="")
    raised = watch.flag(ref, by=flagger, note="", rule_id=watch.rule().id)
    with pytest.raises(ConflictError):
        watch.flag(ref, by=flagger)
    with pytest.raises(ForbiddenError):
        watch.flag(ref, by=author)
    with unit_of_work():
        withdraw_flag(viewer_for(flagger.id), flag_id=raised.id)
    assert watch.review_of(ref).state == ReviewState.GONE


def test_enough_weight_hides_until_somebody_decides_and_the_author_may_change_it(
    client: FlaskClient, database: Session
) -> None:
    author, moderator = person(), keeper()
    ref = post_ref(author)
    first, second = person(trust_level=2), person(trust_level=2)
    watch.flag(ref, by=first)
    assert ref in cards(Viewer(), [ref])
    watch.flag(ref, by=second)
    assert ref not in cards(Viewer(), [ref])
    assert told(author, "review.hidden")
    sign_in(client, author)
    assert f"/posts/{ref.id}/edit" in client.get("/standing").text
    assert client.get(f"/posts/{ref.id}/edit").status_code == 200
    with unit_of_work():
        edit_post(viewer_for(author.id), post_id=ref.id, body="Without the link, then.")
    row = queue_row(viewer_for(moderator.id), watch.review_of(ref).id)
    assert row.is_changed
    assert row.review.hidden_at is not None
    watch.decide(row.review, by=moderator, outcome=Outcome.KEEP, reason="")
    assert ref in cards(Viewer(), [ref])
    assert told(author, "review.ruled")
    assert told(first, "review.decided")
    assert flag_record(first.id) == (0, 1)
    for _ in range(3):  # what a moderator kept, flags alone do not hide again
        watch.flag(ref, by=person(trust_level=2))
    assert ref in cards(Viewer(), [ref])


def test_a_flag_weighs_by_trust_and_by_how_often_one_was_right(database: Session) -> None:
    newcomer, known, wrong = person(trust_level=0), person(trust_level=3), person(trust_level=3)
    moderator = keeper()
    for _ in range(4):
        ref = post_ref()
        watch.flag(ref, by=wrong)
        watch.decide(watch.review_of(ref), by=moderator, outcome=Outcome.KEEP)
    ref = post_ref()
    assert [watch.flag(ref, by=who).weight for who in (newcomer, wrong)] == [2, 2]
    assert watch.flag(post_ref(), by=known).weight == 8


def test_what_is_private_is_flagged_to_its_officers_alone_unless_it_is_passed_on(
    client: FlaskClient, database: Session
) -> None:
    board = make.board(audience="alliance:7")
    ally, other_ally = person(grants=("alliance:7",)), person(grants=("alliance:7",))
    officer = person(grants=("alliance:7", "moderator:alliance:7"))
    thread = make.thread(board=board, author=other_ally, body="zq-private words", title="A private title")
    post = make.post(thread=thread, author=other_ally, body="zq-private reply")
    ref, staff = Ref("forum.post", post.id), person(staff=True)
    with pytest.raises(NotFoundError):
        watch.flag(ref, by=person())
    watch.flag(ref, by=ally)
    review = watch.review_of(ref)
    assert queue(officer) == [ref.id]
    assert queue(staff) == queue(keeper()) == []
    assert viewer_for(staff.id).open_reviews == 0
    sign_in(client, staff)
    assert client.get(f"/moderation/{review.id}").status_code == 404
    with unit_of_work():
        pass_to_staff(viewer_for(officer.id), review_id=review.id, note="We do not know what to do.")
    page = client.get(f"/moderation/{review.id}").text
    assert "zq-private reply" in page
    assert "zq-private words" not in page
    assert queue(keeper()) == []
    for path in ("/log", "/staff/log", "/api/v1/log"):
        assert "A private title" not in client.get(path).text
    watch.decide(review, by=staff, outcome=Outcome.REMOVE)
    assert ref not in cards(viewer_for(ally.id), [ref])


def test_the_second_of_two_moderators_reads_who_decided_what(client: FlaskClient, database: Session) -> None:
    ref = post_ref()
    watch.flag(ref)
    first, second = keeper(), keeper()
    review = watch.review_of(ref)
    form = {"outcome": "remove", "rule_id": watch.rule().id, "reason": "", "sanction": "", "hours": ""}
    sign_in(client, first)
    assert client.post(f"/moderation/{review.id}/decision", data=form).status_code == 303
    sign_in(client, second)
    answer = client.post(f"/moderation/{review.id}/decision", data={**form, "outcome": "keep"})
    assert answer.status_code == 409
    assert first.display_name in answer.text
    assert "removed" in answer.text
    database.expire_all()
    assert watch.review_of(ref).reason == watch.rule().text("en"), "the rule's words, in the author's language"


def test_a_removal_with_a_warning_is_told_to_its_author_and_names_nobody_in_public(
    client: FlaskClient, database: Session
) -> None:
    author, moderator = person(display_name="Zq Author"), keeper()
    ref = post_ref(author)
    watch.flag(ref)
    watch.decide(watch.review_of(ref), by=moderator, outcome=Outcome.REMOVE, sanction="warning")
    assert ref not in cards(Viewer(), [ref])
    sign_in(client, author)
    assert "/standing" in client.get("/").text
    standing = client.get("/standing").text
    assert "It is an advert." in standing
    given = database.scalars(select(Sanction)).one()
    assert client.post(f"/sanctions/{given.id}/seen").status_code == 303
    assert viewer_for(author.id).unseen_sanctions == 0
    sign_in(client, person())
    for path in ("/log", "/api/v1/log"):
        page = client.get(path).text
        assert "It is an advert." in page
        assert "Zq Author" not in page
        assert author.handle not in page
    sign_in(client, person(staff=True))
    whole = client.get("/staff/log", query_string={"person": author.handle})
    assert "Zq Author" in whole.text
    assert author.handle in client.get("/staff/log.csv").text


def test_who_is_asked_to_change_something_does_so_and_the_moderator_sees_it(database: Session) -> None:
    author, moderator = person(), keeper()
    ref = post_ref(author)
    for _ in range(2):
        watch.flag(ref)
    review = watch.review_of(ref)
    assert review.hidden_at is not None
    with unit_of_work():
        ask_for_change(viewer_for(moderator.id), review_id=review.id, reason="Name your source, please.")
    assert ref in cards(Viewer(), [ref])
    assert told(author, "review.asked")
    assert not queue_row(viewer_for(moderator.id), review.id).is_changed
    with unit_of_work():
        edit_post(viewer_for(author.id), post_id=ref.id, body="As Li et al. measured.")
    assert queue_row(viewer_for(moderator.id), review.id).is_changed


def test_notes_among_moderators_are_read_by_nobody_else(client: FlaskClient, database: Session) -> None:
    author = person()
    ref, mine, other = post_ref(author), keeper(), keeper("energy")
    flagger = person()
    watch.flag(ref, by=flagger)
    review = watch.review_of(ref)
    about = Ref("accounts.user", author.id)
    with unit_of_work():
        for thing in (ref, about):
            add_note(viewer_for(mine.id), ref=thing, scope=review.scope, body="zq-note among us")
    with pytest.raises(ForbiddenError), unit_of_work():
        add_note(viewer_for(other.id), ref=ref, scope=review.scope, body="x")
    watch.decide(review, by=mine, outcome=Outcome.REMOVE, sanction="warning", note="zq-note of the sanction")
    outlets = [
        "/standing", "/flags", "/notifications", "/log", "/", f"/people/{author.handle}", f"/posts/{ref.id}",
        f"/moderation/{review.id}", f"/staff/people/{author.handle}", "/moderation?state=decided", "/api/v1/log",
        "/api/v1/me", "/api/v1/flags", "/api/v1/notifications",
    ]  # fmt: skip
    for who in (author, flagger, other, person()):
        sign_in(client, who)
        program = Program(client, who)
        for path in outlets:
            answer = program.get(path.removeprefix("/api/v1")) if path.startswith("/api") else client.get(path)
            assert "zq-note" not in answer.text, f"{path} to {who.handle}"
    sign_in(client, mine)
    assert "zq-note among us" in client.get(f"/moderation/{review.id}").text


def test_programs_of_moderators_read_the_queue_and_decide(client: FlaskClient, database: Session) -> None:
    ref, flagger = post_ref(), person()
    program = Program(client, flagger)
    body: dict[str, Any] = {"kind": ref.kind, "ref_id": ref.id, "rule": watch.rule().slug}
    made = program.send("POST", "/flags", body)
    assert made.status_code == 201
    assert made.headers["Location"].endswith("/flags")
    assert program.get("/flags").json["items"][0]["state"] == "open"
    assert program.get("/moderation/reviews").status_code == 403
    moderators = Program(client, keeper())
    row = moderators.get("/moderation/reviews").json["items"][0]
    assert row["thing"]["ref_id"] == ref.id
    assert row["flags"][0]["rule"] == "spam"
    decided = moderators.send(
        "POST", f"/moderation/reviews/{row['id']}/decision", {"outcome": "remove", "rule": "spam"}
    )
    assert decided.status_code == 200
    assert decided.json["state"] == "decided"
    again = Program(client, keeper()).send("POST", f"/moderation/reviews/{row['id']}/decision", {"outcome": "keep"})
    assert again.status_code == 409
    assert (
        Program(client, person())
        .send("POST", f"/moderation/reviews/{row['id']}/decision", {"outcome": "keep"})
        .status_code
        == 404
    )


def test_hidden_by_flags_is_not_what_moderators_wrote(database: Session) -> None:
    moderator = keeper()
    ref = post_ref(moderator)
    for _ in range(3):
        watch.flag(ref)
    assert ref in cards(Viewer(), [ref])
    assert database.scalar(select(Flag.id).limit(1)) is not None
    assert database.scalar(select(LogEntry.id).where(LogEntry.act == "review.hide")) is None
    assert database.get_one(Post, ref.id).deleted_at is None


def test_nobody_decides_about_themselves_or_reads_who_flagged_them(database: Session) -> None:
    moderator, other, flagger = keeper(), keeper(), person()
    ref = post_ref(moderator)
    raised = watch.flag(ref, by=flagger, note="Rude to me.")
    for who, seen in ((moderator, None), (other, flagger.handle)):
        (row,) = queue_row(viewer_for(who.id), raised.review_id).flags
        assert (row.person.handle if row.person else None, row.note) == (seen, "Rude to me.")
    with pytest.raises(ForbiddenError):
        watch.decide(watch.review_of(ref), by=moderator, outcome=Outcome.KEEP)
    watch.decide(watch.review_of(ref), by=other, outcome=Outcome.REMOVE)
    with unit_of_work():
        pleaded = appeal(case_of("review", raised.review_id, user_id=moderator.id), text="I was right.")
    waiting = watch.review_of(Ref("moderation.appeal", pleaded.id))
    with pytest.raises(ForbiddenError):
        watch.decide(waiting, by=moderator, outcome=Outcome.LIFT, reason="I was right.")
    assert database.get_one(Review, waiting.id).state == ReviewState.OPEN


def test_staff_silence_from_the_queue_and_moderators_may_not(database: Session) -> None:
    author, moderator = person(), keeper()
    ref = post_ref(author)
    watch.flag(ref)
    review = watch.review_of(ref)
    with pytest.raises(ForbiddenError):
        watch.decide(review, by=moderator, outcome=Outcome.REMOVE, sanction="silence")
    assert watch.review_of(ref).state == ReviewState.OPEN
    watch.decide(review, by=person(staff=True), outcome=Outcome.REMOVE, sanction="silence")
    assert viewer_for(author.id).is_silenced
    assert database.scalars(select(Sanction)).one().kind == SanctionKind.SILENCE

from collections.abc import Iterable, Iterator, Mapping

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from activity.actions import bookmark, follow, follow_quietly, mark_read, notify, record_act
from activity.events import Followed
from activity.models import Level
from activity.queries import bookmarked, bookmarks_page, followed, followers, levels_for, log_page, notices_page
from kernel import events, refs
from kernel.errors import NotFoundError, UnauthenticatedError
from kernel.refs import Card, Kind, Ref
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from tests.makers.people import person, sign_in

AUDIENCES = {1: "public", 2: "members", 3: "alliance:7"}
PUBLIC, MEMBERS, CLOSED = (Ref("test.thing", number) for number in AUDIENCES)
MISSING = Ref("test.thing", 99)


def _cards(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    seen = (key for key in ids if AUDIENCES.get(key) in viewer.audience)
    return {key: Card(Ref("test.thing", key), f"Thing {key}", f"/things/{key}", "en") for key in seen}


@pytest.fixture(autouse=True)
def _things() -> Iterator[None]:
    refs.register_kind(Kind("test.thing", _cards))
    yield
    del refs._kinds["test.thing"]


@pytest.fixture
def heard() -> Iterator[list[Followed]]:
    got: list[Followed] = []
    events.subscribe(Followed)(got.append)
    yield got
    events._subscribers[Followed].remove(got.append)


def tell(
    *user_ids: int, ref: Ref = PUBLIC, audience: str = "public", actor_id: int | None = None, event: str = "post"
) -> int:
    with unit_of_work():
        return notify(
            dict.fromkeys(user_ids, "mention"), event=event, actor_id=actor_id, ref=ref, place=ref, audience=audience
        )


def test_following_has_four_levels_and_rings_only_on_a_change(database: Session, heard: list[Followed]) -> None:
    viewer = viewer_for(person().id)
    assert levels_for(viewer, [PUBLIC, MEMBERS]) == {PUBLIC: Level.NORMAL, MEMBERS: Level.NORMAL}
    with unit_of_work():
        for level in (Level.WATCHING, Level.WATCHING, Level.MUTED, Level.NORMAL, Level.NORMAL, Level.TRACKING):
            follow(viewer, ref=PUBLIC, level=level)
    assert [(event.old, event.new) for event in heard] == [
        ("normal", "watching"),
        ("watching", "muted"),
        ("muted", "normal"),
        ("normal", "tracking"),
    ]
    assert levels_for(viewer, [PUBLIC]) == {PUBLIC: Level.TRACKING}
    assert followers(PUBLIC, [Level.TRACKING, Level.WATCHING]) == [viewer.user_id]
    assert followers(PUBLIC, [Level.WATCHING]) == []
    assert [card.title for card, _ in followed(viewer, kinds=["test.thing"])] == ["Thing 1"]


def test_what_one_cannot_see_one_cannot_follow_or_put_aside(database: Session) -> None:
    viewer = viewer_for(person().id)
    for ref in (CLOSED, MISSING, Ref("no.such.kind", 1)):
        with pytest.raises(NotFoundError):
            follow(viewer, ref=ref, level=Level.WATCHING)
        with pytest.raises(NotFoundError):
            bookmark(viewer, ref=ref)
    with pytest.raises(UnauthenticatedError):
        follow(Viewer(), ref=PUBLIC, level=Level.WATCHING)


def test_taking_part_follows_but_never_overrules_what_was_chosen(database: Session, heard: list[Followed]) -> None:
    viewer = viewer_for(person().id)
    with unit_of_work():
        follow_quietly(viewer.me, PUBLIC, Level.TRACKING)
        follow_quietly(viewer.me, PUBLIC, Level.WATCHING)
        follow(viewer, ref=MEMBERS, level=Level.MUTED)
        follow_quietly(viewer.me, MEMBERS, Level.TRACKING)
    assert levels_for(viewer, [PUBLIC, MEMBERS]) == {PUBLIC: Level.TRACKING, MEMBERS: Level.MUTED}
    assert len(heard) == 2


def test_a_bookmark_goes_on_and_off_and_vanishes_with_the_right_to_see(database: Session) -> None:
    user = person(grants=("alliance:7",))
    viewer = viewer_for(user.id)
    with unit_of_work():
        assert bookmark(viewer, ref=PUBLIC, note="for later")
        assert bookmark(viewer, ref=CLOSED)
    assert bookmarked(viewer, [PUBLIC, MEMBERS]) == {PUBLIC}
    assert [row.title for row in bookmarks_page(viewer).items] == ["Thing 3", "Thing 1"]
    outsider = Viewer(user_id=user.id, audience=frozenset({"public", "members"}))
    assert [row.title for row in bookmarks_page(outsider).items] == ["Thing 1"]
    with unit_of_work():
        assert not bookmark(outsider, ref=CLOSED), "what was put aside can be taken back unseen"
        assert not bookmark(viewer, ref=PUBLIC)
    assert bookmarks_page(viewer).items == []


def test_a_notice_reaches_each_once_and_never_the_actor(database: Session) -> None:
    actor, reader = person(), person()
    assert tell(actor.id, reader.id, actor_id=actor.id) == 1
    tell(reader.id, actor_id=actor.id)
    assert len(notices_page(viewer_for(reader.id)).items) == 1
    assert notices_page(viewer_for(actor.id)).items == []
    tell(reader.id, actor_id=actor.id, event="accepted")
    assert [row.notice.event for row in notices_page(viewer_for(reader.id)).items] == ["accepted", "post"]


@pytest.mark.parametrize("audience", ["public", "members", "alliance:7", "staff"])
def test_nobody_is_told_of_what_they_may_not_see(database: Session, audience: str) -> None:
    people = {
        "unconfirmed": person(confirmed=False, grants=("alliance:7",)),
        "suspended": person(suspended=True, grants=("alliance:7",)),
        "member": person(),
        "ally": person(grants=("alliance:7",)),
        "staff": person(staff=True),
    }
    tell(*(user.id for user in people.values()), audience=audience)
    told = {name for name, user in people.items() if viewer_for(user.id).unread_notices}
    expected = {
        "public": {"unconfirmed", "member", "ally", "staff"},
        "members": {"member", "ally", "staff"},
        "alliance:7": {"ally"},
        "staff": {"staff"},
    }
    assert told == expected[audience]


def test_a_notice_to_one_person_reaches_only_them(database: Session) -> None:
    one, other = person(), person()
    assert tell(one.id, other.id, audience=f"user:{one.id}") == 1
    assert len(notices_page(viewer_for(one.id)).items) == 1
    assert viewer_for(one.id).unread_notices == 1


def test_muting_a_place_or_a_person_silences_them(database: Session) -> None:
    actor, place_muter, person_muter, listener = (person() for _ in range(4))
    with unit_of_work():
        follow(viewer_for(place_muter.id), ref=PUBLIC, level=Level.MUTED)
        follow(viewer_for(person_muter.id), ref=Ref("accounts.user", actor.id), level=Level.MUTED)
    assert tell(place_muter.id, person_muter.id, listener.id, actor_id=actor.id) == 1
    assert viewer_for(listener.id).unread_notices == 1


def test_losing_the_right_to_see_hides_notice_and_count(database: Session) -> None:
    from accounts.actions.grants import revoke

    staff, ally = person(staff=True), person(grants=("alliance:7",))
    tell(ally.id, ref=CLOSED, audience="alliance:7")
    assert viewer_for(ally.id).unread_notices == 1
    assert len(notices_page(viewer_for(ally.id)).items) == 1
    with unit_of_work():
        revoke(viewer_for(staff.id), user_id=ally.id, token="alliance:7")
    assert viewer_for(ally.id).unread_notices == 0
    assert notices_page(viewer_for(ally.id)).items == []


def test_the_second_wall_holds_where_the_audience_of_a_notice_is_stale(database: Session) -> None:
    reader = person()
    tell(reader.id, ref=CLOSED, audience="public")
    assert notices_page(viewer_for(reader.id)).items == []


def test_reading_a_place_reads_its_notices_and_no_others(database: Session) -> None:
    reader, other = person(), person()
    tell(reader.id, other.id)
    tell(reader.id, ref=MEMBERS, audience="members")
    with unit_of_work():
        mark_read(viewer_for(reader.id), place=PUBLIC)
    assert viewer_for(reader.id).unread_notices == 1
    assert viewer_for(other.id).unread_notices == 1
    with unit_of_work():
        mark_read(viewer_for(reader.id))
    assert viewer_for(reader.id).unread_notices == 0


def test_the_count_of_unread_stops_at_a_hundred(database: Session) -> None:
    reader = person()
    for number in range(103):
        tell(reader.id, ref=Ref("test.thing", number + 1000))
    assert viewer_for(reader.id).unread_notices == 100


def test_the_log_shows_each_what_they_may_see(database: Session) -> None:
    moderator = viewer_for(person(staff=True).id)
    with unit_of_work():
        record_act(moderator, act="lock", ref=PUBLIC, place=PUBLIC, audience="public", reason="settled")
        record_act(moderator, act="move", ref=CLOSED, place=CLOSED, audience="alliance:7", details={"from": "a"})
        record_act(moderator, act="delete", ref=MISSING, place=PUBLIC, audience="public")
    rows = log_page(Viewer()).items
    assert [(row.entry.act, row.card.title if row.card else None) for row in rows] == [
        ("delete", None),
        ("lock", "Thing 1"),
    ]
    assert rows[0].actor is not None
    assert rows[0].actor.id == moderator.user_id
    ally = viewer_for(person(grants=("alliance:7",)).id)
    assert [row.entry.act for row in log_page(ally, place=CLOSED).items] == ["move"]
    assert log_page(Viewer(), place=CLOSED).items == []


def test_notices_are_gathered_by_place_with_the_reason(client: FlaskClient) -> None:
    actor, reader = person(display_name="Tom <b>Baker"), person()
    tell(reader.id, actor_id=actor.id)
    tell(reader.id, actor_id=actor.id, event="accepted")
    sign_in(client, reader)
    page = client.get("/notifications").text
    assert page.count(">Thing 1</a>") == 1
    assert "Tom &lt;b&gt;Baker named you" in page
    assert "because you are named" in page
    answer = client.post("/notifications/read", data={"next": "https://evil.example/"})
    assert (answer.status_code, answer.location) == (303, "/notifications")
    assert viewer_for(reader.id).unread_notices == 0


def test_the_follow_form_answers_with_page_or_piece(client: FlaskClient) -> None:
    user = person()
    sign_in(client, user)
    sent = {"kind": "test.thing", "ref_id": "1", "level": "watching", "next": "/things/1"}
    answer = client.post("/follow", data=sent)
    assert (answer.status_code, answer.location) == (303, "/things/1")
    piece = client.post("/follow", data=sent | {"level": "muted"}, headers={"HX-Request": "true"})
    assert piece.status_code == 200
    assert "<html" not in piece.text
    assert levels_for(viewer_for(user.id), [PUBLIC]) == {PUBLIC: Level.MUTED}
    assert client.post("/follow", data=sent | {"level": "loud"}).status_code == 422
    for ref_id in ("3", "99", "-1", "x", "9" * 30):
        assert client.post("/follow", data=sent | {"ref_id": ref_id}).status_code == 404
    assert client.post("/follow", data=sent | {"next": "//evil.example"}).location == "/"


def test_the_bookmark_form_toggles_and_the_list_shows(client: FlaskClient) -> None:
    sign_in(client, person())
    sent = {"kind": "test.thing", "ref_id": "1", "next": "/things/1"}
    assert client.post("/bookmarks", data=sent).location == "/things/1"
    assert "Thing 1" in client.get("/bookmarks").text
    piece = client.post("/bookmarks", data=sent, headers={"HX-Request": "true"})
    assert 'aria-pressed="false"' in piece.text
    assert "Thing 1" not in client.get("/bookmarks").text


def test_strangers_are_led_to_sign_in(client: FlaskClient) -> None:
    assert client.get("/notifications").status_code == 303
    assert client.get("/bookmarks").status_code == 303
    assert client.post("/follow", data={"kind": "test.thing", "ref_id": "1", "level": "watching"}).status_code == 401

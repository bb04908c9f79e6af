"""Moderation as people meet it: buttons, forms, and the log that everybody may read."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from forum.actions.closure import lock_thread
from forum.actions.moving import move_thread
from forum.actions.removal import delete_post, delete_thread
from forum.models import Post, Thread
from kernel.checks import run_checks
from kernel.work import unit_of_work
from tests.makers.forum import board, community, opening_post, post, thread
from tests.makers.people import person, sign_in


@pytest.fixture
def keeper(client: FlaskClient) -> int:
    """A moderator of materials, signed in."""
    user = person(handle="keeper", display_name="Qian Keeper", grants=(f"moderator:{community().id}",))
    sign_in(client, user)
    return user.id


def state(database: Session, about: Thread) -> Thread:
    database.expire_all()
    return database.get_one(Thread, about.id)


def test_the_page_of_acts_offers_what_fits_the_thread(client: FlaskClient, database: Session, keeper: int) -> None:
    discussion = thread()
    page = client.get(f"/threads/{discussion.id}/moderate")
    assert page.status_code == 200
    for act in ("lock", "pin", "move", "split", "merge", "delete"):
        assert f'action="/threads/{discussion.id}/{act}"' in page.text
    assert f'action="/threads/{discussion.id}/restore"' not in page.text
    client.post(f"/threads/{discussion.id}/delete", data={"reason": "Advertising"})
    page = client.get(f"/threads/{discussion.id}/moderate")
    assert f'action="/threads/{discussion.id}/restore"' in page.text
    assert "Advertising" in page.text


def test_every_act_works_by_its_form(client: FlaskClient, database: Session, keeper: int) -> None:
    discussion, other, target = thread(), thread(), board()
    post(thread=discussion)
    base = f"/threads/{discussion.id}"
    assert client.post(f"{base}/lock", data={"reason": "Calm down"}).status_code == 303
    assert state(database, discussion).locked_at is not None
    assert client.post(f"{base}/unlock", data={"next": "/communities"}).location == "/communities"
    assert client.post(f"{base}/pin", data={"next": "//evil.example"}).location == f"{base}-{discussion.slug}"
    assert client.post(f"{base}/unpin").status_code == 303
    assert client.post(f"{base}/move", data={"place": f"materials/{target.slug}"}).status_code == 303
    assert state(database, discussion).board_id == target.id
    split = client.post(f"{base}/split", data={"numbers": "2", "title": "A matter of its own", "once": "one"})
    assert split.status_code == 303
    part = database.get_one(Thread, int(split.location.split("/")[2].split("-")[0]))
    assert part.title == "A matter of its own"
    merged = client.post(f"/threads/{part.id}/merge", data={"into": f"http://localhost/threads/{other.id}-x"})
    assert merged.location == f"/threads/{other.id}-{other.slug}"
    assert client.post(f"{base}/delete", data={"reason": "Twice the same"}).status_code == 303
    assert state(database, discussion).deleted_at is not None
    assert client.post(f"{base}/restore").status_code == 303
    assert run_checks(mend=False) == []


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (("split", {"numbers": "1", "title": "A matter of its own"}), "The opening post stays where it is."),
        (("split", {"numbers": "many", "title": "A matter of its own"}), "Post numbers such as"),
        (("split", {"numbers": "2", "title": ""}), "A title helps others to find it."),
        (("merge", {"into": "the other one"}), "Such as 123."),
        (("move", {"place": "materials/nowhere"}), "Not a valid choice"),
        (("delete", {"reason": ""}), "Say in a few words why."),
        (("lock", {"reason": "x" * 201}), "cannot be longer than 200"),
    ],
)
def test_what_is_refused_comes_back_with_what_was_typed(
    client: FlaskClient, database: Session, keeper: int, sent: tuple[str, dict[str, str]], sentence: str
) -> None:
    act, data = sent
    answer = client.post(f"/threads/{thread().id}/{act}", data=data)
    assert answer.status_code == 422
    assert sentence in answer.text


ACTS = ["lock", "unlock", "pin", "unpin", "move", "split", "merge", "delete", "restore"]


@pytest.mark.parametrize("act", ACTS)
def test_strangers_members_and_moderators_of_elsewhere_get_no_further(
    client: FlaskClient, database: Session, act: str
) -> None:
    discussion = thread()
    url = f"/threads/{discussion.id}/{act}"
    assert client.post(url).status_code == 401
    for someone in (person(), person(grants=(f"moderator:{community('energy').id}",))):
        sign_in(client, someone)
        assert client.post(url).status_code == 403
        assert client.get(f"/threads/{discussion.id}/moderate").status_code == 403
    hidden = thread(board=board(audience="alliance:7"), author=person(grants=("alliance:7",)))
    sign_in(client, person(grants=(f"moderator:{community().id}",)))
    assert client.post(f"/threads/{hidden.id}/{act}").status_code == 404
    assert client.get(f"/threads/{hidden.id}/moderate").status_code == 404


def test_only_boards_that_one_looks_after_are_offered(client: FlaskClient, database: Session, keeper: int) -> None:
    hidden = board(audience="alliance:7", name="Canary board")
    page = client.get(f"/threads/{thread().id}/moderate").text
    assert 'value="materials/general"' in page
    assert 'value="energy/general"' not in page
    assert hidden.name_en not in page


def test_an_author_deletes_a_post_and_takes_it_back(client: FlaskClient, database: Session) -> None:
    author = person()
    mine = post(thread=thread(), author=author, body="Said too soon.")
    sign_in(client, author)
    page = client.get(f"/posts/{mine.id}/delete")
    assert "Said too soon." in page.text
    assert "Destroy the text" not in page.text
    assert client.post(f"/posts/{mine.id}/delete").status_code == 303
    database.expire_all()
    assert database.get_one(Post, mine.id).deleted_at is not None
    assert client.post(f"/posts/{mine.id}/restore").status_code == 303
    database.expire_all()
    assert database.get_one(Post, mine.id).deleted_at is None


def test_an_author_whose_thread_is_gone_is_led_somewhere(client: FlaskClient, database: Session) -> None:
    author = person()
    mine = thread(author=author)
    sign_in(client, author)
    gone = client.post(f"/posts/{opening_post(mine).id}/delete")
    assert gone.status_code == 303
    assert client.get(gone.location).status_code == 200


def test_only_the_staff_destroys_a_text(client: FlaskClient, database: Session, keeper: int) -> None:
    leak = post(thread=thread(), body="The secret is 42.")
    assert client.post(f"/posts/{leak.id}/delete", data={"reason": "Leak", "purge": "y"}).status_code == 403
    database.expire_all()
    assert database.get_one(Post, leak.id).deleted_at is None, "all or nothing"
    sign_in(client, person(staff=True))
    assert "Destroy the text" in client.get(f"/posts/{leak.id}/delete").text
    assert client.post(f"/posts/{leak.id}/delete", data={"purge": "y"}).status_code == 422
    assert client.post(f"/posts/{leak.id}/delete", data={"reason": "Leak", "purge": "y"}).status_code == 303
    database.expire_all()
    assert database.get_one(Post, leak.id).body == ""
    assert client.get(f"/posts/{leak.id}/delete").status_code == 403


def test_the_log_says_what_by_whom_under_which_right_and_why(client: FlaskClient, database: Session) -> None:
    hurt = person(handle="the-hurt-one", display_name="Somebody Hurt")
    discussion, keeper = thread(title="Cracks <in> glass"), person(staff=True, display_name="Zhou Staff")
    rude = post(thread=discussion, author=hurt, body="Very rude words.")
    with unit_of_work():
        lock_thread(viewer_for(keeper.id), thread_id=discussion.id, reason="Calm <down>")
        delete_post(viewer_for(keeper.id), post_id=rude.id, reason="Rude")
    page = client.get("/log", headers={"Accept-Language": "en"})
    assert page.status_code == 200
    for part in (
        "Cracks &lt;in&gt; glass",
        "Calm &lt;down&gt;",
        "Zhou Staff",
        "Deleted post 2 of",
        "right to delete posts",
    ):
        assert part in page.text
    assert "Somebody Hurt" not in page.text
    assert "Very rude words" not in page.text


def test_the_log_shows_nothing_of_what_one_cannot_see(client: FlaskClient, database: Session) -> None:
    keeper = viewer_for(person(staff=True, grants=("alliance:7",)).id)
    inside = board(audience="alliance:7", name="Canary board")
    hidden = thread(board=inside, author=person(grants=("alliance:7",)), title="Canary of the alliance")
    moved, gone = thread(title="Canary that moved inside"), thread(title="Canary that was deleted")
    with unit_of_work():
        lock_thread(keeper, thread_id=hidden.id, reason="Canary reason")
        lock_thread(keeper, thread_id=moved.id, reason="Canary before the move")
        move_thread(keeper, thread_id=moved.id, board=inside, reason="Canary for the move")
        delete_thread(keeper, thread_id=gone.id, reason="Advertising")
    page = client.get("/log").text
    assert "Canary" not in page
    assert "Advertising" in page
    sign_in(client, person(grants=("alliance:7",)))
    page = client.get("/log").text
    for seen in (
        "Canary reason",
        "Canary of the alliance",
        "Canary before the move",
        "Canary for the move",
        "Canary board",
    ):
        assert seen in page
    assert "Canary that was deleted" not in page

"""Starting, answering, editing: what members do with threads, and what outsiders see of it."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from activity.models import Follow, Notice
from forum.actions.posts import edit_post, reply
from forum.actions.threads import PollDraft
from forum.models import Draft, Post, PostRevision, Reaction, Thread
from forum.models.thread import ThreadKind
from kernel.clock import now
from kernel.errors import ConflictError
from kernel.work import unit_of_work
from tests import makers
from tests.makers.forum import board, community, opening_post, post, thread
from tests.makers.people import person, sign_in
from tests.queries import queries

assert makers


def page(client: FlaskClient, at: Thread, query: str = "") -> str:
    answer = client.get(f"/threads/{at.id}-{at.slug}{query}")
    assert answer.status_code == 200, answer.status
    return answer.text


def test_a_member_starts_a_thread_and_stands_in_it(client: FlaskClient, database: Session) -> None:
    author = person(handle="lin-wei")
    sign_in(client, author)
    answer = client.post(
        "/threads",
        data={
            "place": "materials/perovskite",
            "kind": "question",
            "lens": "",
            "title": "钙钛矿组件在湿热下效率骤降",
            "body": "| 时间 | 效率 |\n|---|---|\n| 0 h | 21.3 % |\n\n为什么？",
            "tags": "钙钛矿, 稳定性",
            "once": "first-time",
        },
    )
    assert answer.status_code == 303
    started = database.scalars(select(Thread)).one()
    assert answer.location == f"/threads/{started.id}-{started.slug}"
    assert started.slug.startswith("gai-tai-kuang")
    assert started.tags == ["钙钛矿", "稳定性"]
    text = page(client, started)
    assert "<table>" in text
    assert 'lang="zh-Hans"' in text


def test_what_cannot_be_posted_stays_in_the_form(client: FlaskClient, database: Session) -> None:
    sign_in(client, person())
    answer = client.post(
        "/threads", data={"place": "materials/general", "kind": "discussion", "title": "", "body": "A long text"}
    )
    assert answer.status_code == 422
    assert "A long text" in answer.text
    assert database.scalars(select(Thread)).all() == []


def test_the_same_form_sent_twice_starts_one_thread(client: FlaskClient, database: Session) -> None:
    sign_in(client, person())
    form = {
        "place": "materials/general",
        "kind": "discussion",
        "title": "Sent once or twice",
        "body": "text",
        "once": "the-same-key",
    }
    first, second = client.post("/threads", data=form), client.post("/threads", data=form)
    assert first.location == second.location
    assert len(database.scalars(select(Thread)).all()) == 1


def test_a_form_sent_again_with_another_text_says_why_it_is_refused(client: FlaskClient) -> None:
    sign_in(client, person())
    form = {"place": "materials/general", "kind": "discussion", "title": "Sent and changed", "once": "the-same-key"}
    assert client.post("/threads", data=form | {"body": "text"}).status_code == 303
    again = client.post("/threads", data=form | {"body": "another text"})
    assert again.status_code == 422
    assert "This was sent before with other content." in again.text
    assert "another text" in again.text


def test_the_same_reply_sent_twice_stands_once(client: FlaskClient, database: Session) -> None:
    started = thread()
    sign_in(client, person())
    for _ in range(2):
        answer = client.post(f"/threads/{started.id}/posts", data={"body": "Only once.", "once": "k1"})
        assert answer.status_code == 303
    assert database.scalars(select(Post.number).where(Post.thread_id == started.id)).all() == [1, 2]


def test_a_reply_leads_to_itself(client: FlaskClient, database: Session) -> None:
    started = thread()
    sign_in(client, person())
    answer = client.post(f"/threads/{started.id}/posts", data={"body": "Here."})
    assert answer.location.endswith("#post-2")


def test_an_outsider_is_asked_to_sign_in_before_writing(client: FlaskClient, database: Session) -> None:
    started = thread()
    answer = client.get("/new?place=materials/general")
    assert answer.status_code == 303
    assert answer.location.startswith("/sign-in?next=")
    assert client.post(f"/threads/{started.id}/posts", data={"body": "x"}).status_code == 401


def test_an_unconfirmed_person_reads_but_does_not_write(client: FlaskClient, database: Session) -> None:
    started = thread()
    sign_in(client, person(confirmed=False))
    assert "confirm" in page(client, started)
    assert client.post(f"/threads/{started.id}/posts", data={"body": "x"}).status_code == 403


def test_a_wrong_slug_leads_to_the_one_address(client: FlaskClient, database: Session) -> None:
    started = thread()
    answer = client.get(f"/threads/{started.id}-something-else?at=1")
    assert answer.status_code == 301
    assert answer.location == f"/threads/{started.id}-{started.slug}?at=1"
    assert client.get(f"/threads/{started.id}").status_code == 301


def test_a_private_board_is_not_there_for_others(client: FlaskClient, database: Session) -> None:
    hidden = board(audience="alliance:7")
    insider = person(grants=("alliance:7",))
    started = thread(author=insider, board=hidden, title="The canary sings")
    assert client.get(f"/threads/{started.id}-{started.slug}").status_code == 404
    sign_in(client, person())
    assert client.get(f"/threads/{started.id}").status_code == 404
    assert client.get(f"/posts/{opening_post(started).id}").status_code == 404
    for address in ("/", "/communities", "/communities/materials", "/feeds/latest.atom", "/sitemap.xml", "/tags"):
        assert "canary" not in client.get(address).text
    sign_in(client, insider)
    assert "canary" in page(client, started)


def test_posts_are_paged_by_number(client: FlaskClient, database: Session) -> None:
    started = thread(body="The opening")
    author = person()
    viewer = viewer_for(author.id)
    with unit_of_work():
        for number in range(2, 48):
            reply(viewer, thread_id=started.id, body=f"Contribution {number}.")
    text = page(client, started, "?at=25")
    assert "Contribution 21." in text
    assert "Contribution 40." in text
    assert "Contribution 41." not in text
    assert "The opening" not in text
    assert "Contribution 47." in page(client, started, "?at=99999")
    assert page(client, started, "?at=-4")


def test_an_edit_keeps_the_former_text_and_shows_the_difference(client: FlaskClient, database: Session) -> None:
    author = person()
    started = thread(author=author, title="First title", body="It was 21 %.")
    sign_in(client, author)
    first = opening_post(started)
    answer = client.post(
        f"/posts/{first.id}/edit",
        data={
            "title": "Second title",
            "body": "It was 19 %.",
            "tags": "efficiency",
            "reason": "misread",
            "version": "0",
        },
    )
    assert answer.status_code == 303, answer.text
    database.expire_all()
    kept = database.scalars(select(PostRevision)).one()
    assert (kept.title, kept.body, kept.editor_id) == ("First title", "It was 21 %.", author.id)
    history = client.get(f"/posts/{first.id}/history")
    assert history.status_code == 200
    assert "misread" in history.text
    assert "<del>21" in history.text or "21</del>" in history.text


def test_two_editors_at_once_do_not_overwrite_each_other(client: FlaskClient, database: Session) -> None:
    author = person()
    started = thread(author=author, body="base")
    first, viewer = opening_post(started), viewer_for(author.id)
    with unit_of_work():
        edit_post(viewer, post_id=first.id, body="theirs", base=0)
    with pytest.raises(ConflictError), unit_of_work():
        edit_post(viewer, post_id=first.id, body="mine", base=0)
    sign_in(client, author)
    answer = client.post(
        f"/posts/{first.id}/edit", data={"title": started.title, "body": "mine", "tags": "", "version": "0"}
    )
    assert answer.status_code == 409
    assert "theirs" in answer.text
    assert "mine" in answer.text


def test_only_author_and_moderators_edit(client: FlaskClient, database: Session) -> None:
    started = thread()
    first = opening_post(started)
    sign_in(client, person())
    assert client.get(f"/posts/{first.id}/edit").status_code == 403
    sign_in(client, person(grants=(f"moderator:{community('ict').id}",)))
    assert client.get(f"/posts/{first.id}/edit").status_code == 403
    sign_in(client, person(grants=(f"moderator:{community().id}",)))
    assert client.get(f"/posts/{first.id}/edit").status_code == 200


def test_a_reaction_is_counted_once_and_taken_back(client: FlaskClient, database: Session) -> None:
    first = opening_post(thread())
    sign_in(client, person())
    for expected in ({"like": 1}, {}):
        assert client.post(f"/posts/{first.id}/reactions/like").status_code == 303
        database.expire_all()
        assert database.get_one(Post, first.id).reactions == expected
    assert database.scalars(select(Reaction)).all() == []
    assert client.post(f"/posts/{first.id}/reactions/nonsense").status_code == 404


def test_nobody_reacts_to_themselves(client: FlaskClient, database: Session) -> None:
    author = person()
    first = opening_post(thread(author=author))
    sign_in(client, author)
    assert client.post(f"/posts/{first.id}/reactions/like").status_code == 403


def test_a_reaction_answers_htmx_with_its_bar(client: FlaskClient, database: Session) -> None:
    first = opening_post(thread())
    sign_in(client, person())
    answer = client.post(f"/posts/{first.id}/reactions/insight", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert 'aria-pressed="true"' in answer.text


def test_the_asker_accepts_an_answer_and_may_take_it_back(client: FlaskClient, database: Session) -> None:
    asker = person()
    started = thread(author=asker, kind=ThreadKind.QUESTION)
    home = community()
    for number in range(2, 5):
        post(thread=started, body=f"Answer {number}")
    sign_in(client, person())
    assert client.post(f"/threads/{started.id}/accepted/4").status_code == 403
    sign_in(client, asker)
    assert client.post(f"/threads/{started.id}/accepted/1").status_code == 422
    assert client.post(f"/threads/{started.id}/accepted/99").status_code == 404
    assert client.post(f"/threads/{started.id}/accepted/4").status_code == 303
    text = page(client, started)
    assert text.index("Answer 4") < text.index("Answer 2")
    assert "?view=open" in client.get(f"/communities/{home.slug}").text
    assert started.title not in client.get(f"/communities/{home.slug}?view=open").text
    client.post(f"/threads/{started.id}/accepted/4/withdrawal")
    assert started.title in client.get(f"/communities/{home.slug}?view=open").text


def test_a_poll_takes_one_vote_a_person_and_shows_shares(client: FlaskClient, database: Session) -> None:
    started = thread(poll=PollDraft("Which sealant?", ["butyl", "POE"], 1, now() + timedelta(days=1)))
    voter = person()
    sign_in(client, voter)
    options = re.findall(r'name="option" value="(\d+)"', page(client, started))
    assert len(options) == 2
    assert client.post(f"/threads/{started.id}/poll", data={"option": options}).status_code == 422
    for option in options:
        assert client.post(f"/threads/{started.id}/poll", data={"option": option}).status_code == 303
    assert "100 %" in page(client, started)
    assert client.post(f"/threads/{started.id}/poll", data={"option": "999999"}).status_code == 404


def test_reading_moves_the_mark_forward_only(client: FlaskClient, database: Session) -> None:
    started = thread()
    for _ in range(3):
        post(thread=started)
    reader = person()
    sign_in(client, reader)
    assert client.post(f"/threads/{started.id}/read", data={"number": "3"}).status_code == 204
    assert client.post(f"/threads/{started.id}/read", data={"number": "2"}).status_code == 204
    assert client.post(f"/threads/{started.id}/read", data={"number": "nonsense"}).status_code == 400
    assert 'id="unread"' in page(client, started)
    assert "?at=4#post-4" in page(client, started) or "#post-4" in page(client, started)


def test_those_named_quoted_and_answered_are_told_once(client: FlaskClient, database: Session) -> None:
    named, quoted = person(handle="named"), person(handle="quoted")
    started = thread(author=quoted)
    first = opening_post(started)
    writer = person()
    post(
        thread=started,
        author=writer,
        body=f"> [@quoted](/posts/{first.id})\n> words\n\n@named @quoted and @nobody-here, look.",
        reply_to=first.id,
    )
    notices = database.execute(select(Notice.user_id, Notice.reason)).all()
    assert sorted(notices) == sorted([(named.id, "mention"), (quoted.id, "mention")])


def test_writing_follows_the_thread(client: FlaskClient, database: Session) -> None:
    author, answerer = person(), person()
    started = thread(author=author)
    post(thread=started, author=answerer)
    levels = dict(database.execute(select(Follow.user_id, Follow.level).where(Follow.ref_id == started.id)).all())
    assert levels == {author.id: "watching", answerer.id: "tracking"}


def test_a_sent_reply_leaves_no_draft(client: FlaskClient, database: Session) -> None:
    started = thread()
    sign_in(client, person())
    client.put(f"/drafts/thread:{started.id}", json={"body": "Half a thought", "version": 0})
    assert "Half a thought" in page(client, started)
    client.post(f"/threads/{started.id}/posts", data={"body": "A whole one."})
    assert database.scalars(select(Draft)).all() == []


def test_preview_without_script_shows_the_cooked_text_and_keeps_the_form(
    client: FlaskClient, database: Session
) -> None:
    started = thread()
    sign_in(client, person())
    answer = client.post(f"/threads/{started.id}/posts", data={"body": "**bold**", "preview": "1"})
    assert answer.status_code == 200
    assert "<strong>bold</strong>" in answer.text
    assert "**bold**" in answer.text
    assert database.scalars(select(Post).where(Post.thread_id == started.id)).all() == [opening_post(started)]


@pytest.mark.parametrize("signed_in", [False, True])
def test_a_thread_page_asks_at_most_six_times(client: FlaskClient, database: Session, *, signed_in: bool) -> None:
    asker = person()
    started = thread(
        author=asker,
        kind=ThreadKind.QUESTION,
        tags=("a", "b"),
        poll=PollDraft("Which?", ["x", "y"], 1, None),
    )
    for number in range(30):
        post(thread=started, body=f"{number} @{asker.handle}", reply_to=opening_post(started).id)
    if signed_in:
        sign_in(client, asker)
    with queries(at_most=6):
        page(client, started)
    with queries(at_most=6):
        page(client, started, "?at=21")


@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.parametrize("address", ["/communities/materials", "/communities/materials/perovskite"])
def test_a_community_page_asks_at_most_six_times(
    client: FlaskClient, database: Session, address: str, *, signed_in: bool
) -> None:
    for _ in range(5):
        thread(kind=ThreadKind.QUESTION, tags=("a",))
    if signed_in:
        sign_in(client, person(grants=(f"moderator:{community().id}",)))
    with queries(at_most=6):
        assert client.get(address).status_code == 200


def test_a_strangers_page_costs_one_query_while_nothing_changes(client: FlaskClient, database: Session) -> None:
    started = thread()
    page(client, started)
    with queries(at_most=1):
        page(client, started)
    post(thread=started, body="Something new")
    assert "Something new" in page(client, started)


def test_no_page_counts_posts(client: FlaskClient, database: Session) -> None:
    started = thread(kind=ThreadKind.QUESTION)
    sign_in(client, person())
    with queries(at_most=60) as seen:
        for address in (f"/threads/{started.id}-{started.slug}", "/communities/materials", "/", "/communities"):
            client.get(address)
    for statement in seen:
        assert not re.search(r"count\(\*\)[^)]*FROM post\b", statement, re.IGNORECASE)


def test_what_i_wrote_is_not_new_to_me(client: FlaskClient, database: Session) -> None:
    author, reader = person(), person()
    started = thread(author=author)
    sign_in(client, reader)
    client.post(f"/threads/{started.id}/read", data={"number": "1"})
    client.post(f"/threads/{started.id}/posts", data={"body": "Mine."})
    assert "since you were here" not in page(client, started)
    post(thread=started, body="Somebody else's")
    assert "since you were here" in page(client, started)


def test_announcements_are_offered_to_moderators_only(client: FlaskClient, database: Session) -> None:
    sign_in(client, person())
    assert 'value="announcement"' not in client.get("/new").text
    sign_in(client, person(grants=(f"moderator:{community().id}",)))
    assert 'value="announcement"' in client.get("/new").text

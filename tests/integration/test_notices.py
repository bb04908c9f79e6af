"""What people are told: many by the worker, gathered, by mail as they want it, and no more after one click."""

import re
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from accounts.actions.grants import revoke
from accounts.models import User
from accounts.viewers import viewer_for
from activity.actions import choose, follow, mail_follow, mark_read, telling
from activity.delivering import deliver_due
from activity.letters import letter_of_now
from activity.models import Delivery, Follow, Level, Notice
from activity.queries import groups_page
from activity.topics import USUAL, Cadence, Topic, Wish, topic_of
from activity.unsubscribing import Rule, rule_of_digest, rule_of_follow, rule_of_topic, way_back
from activity.wishes import channels_of, wishes_of
from forum.actions.removal import delete_post
from forum.models import Tag, Thread
from forum.models.thread import ThreadKind
from kernel.clock import now
from kernel.i18n import speaking
from kernel.jobs import Job, run_due, run_one
from kernel.mail import Mail
from kernel.refs import Ref
from kernel.work import unit_of_work
from tests.makers import forum as make
from tests.makers.api import Program
from tests.makers.people import person, sign_in

LATER = timedelta(minutes=6)


def watch(user: User, ref: Ref, *, mail: Cadence | None = None) -> None:
    with unit_of_work():
        follow(viewer_for(user.id), ref=ref, level=Level.WATCHING)
        mail_follow(viewer_for(user.id), ref=ref, mail=mail)


def want(user: User, topic: Topic, *, bell: bool = True, mail: Cadence = Cadence.NEVER) -> None:
    with unit_of_work():
        choose(viewer_for(user.id), {topic: Wish(bell=bell, mail=mail, push=False)})


def thread_ref(thread: Thread) -> Ref:
    return Ref("forum.thread", thread.id)


def notices_of(database: Session, user: User) -> list[Notice]:
    return list(database.scalars(select(Notice).where(Notice.user_id == user.id).order_by(Notice.id)))


def carried(*, after: timedelta = LATER) -> int:
    """What the worker hands over once this time has passed."""
    run_due()
    with time_machine.travel(now() + after):
        return deliver_due()


def mails_to(database: Session, user: User) -> list[Mail]:
    return list(database.scalars(select(Mail).where(Mail.user_id == user.id).order_by(Mail.id)))


def test_three_new_threads_under_a_tag_are_one_line(client: FlaskClient, database: Session) -> None:
    reader, authors = person(), [person(display_name=name) for name in ("Ada", "Bo", "Cy")]
    make.thread(tags=("annealing",))
    tag = Ref("forum.tag", database.scalars(select(Tag.id).where(Tag.name == "annealing")).one())
    watch(reader, tag)
    started = [make.thread(author=author, tags=("annealing",)) for author in authors]
    run_due()
    with speaking("en"):
        (group,) = groups_page(viewer_for(reader.id)).items
    (line,) = group.lines
    assert line.words == "3 new threads by Cy, Bo and 1 other person"
    assert [card.title for card in line.things] == [thread.title for thread in reversed(started)]
    assert line.rule_url == f"/settings/follows?kind=forum.tag&ref_id={tag.id}"
    assert viewer_for(reader.id).unread_notices == 1
    sign_in(client, reader)
    for page in ("/notifications", "/notifications/menu"):
        assert "3 new threads by Cy, Bo and 1 other person" in client.get(page).text
    answer = client.post("/notifications/read", data={"kind": "forum.tag", "ref_id": tag.id, "next": "/notifications"})
    assert answer.status_code == 303
    assert viewer_for(reader.id).unread_notices == 0


def test_who_is_named_hears_it_with_the_deed_and_watchers_by_the_worker(database: Session) -> None:
    thread, named, watcher = make.thread(), person(), person()
    for user in (named, watcher):
        watch(user, thread_ref(thread))
    make.post(thread=thread, body=f"What does @{named.handle} say?")
    assert [one.reason for one in notices_of(database, named)] == ["mention"]
    assert notices_of(database, watcher) == []
    run_due()
    assert [one.reason for one in notices_of(database, named)] == ["mention"], "and only once"
    assert [one.reason for one in notices_of(database, watcher)] == ["watching:forum.thread"]


def test_a_fan_out_goes_on_where_it_was_and_tells_nobody_twice(
    database: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "PORTION", 2)
    thread, watchers = make.thread(), [person() for _ in range(5)]
    for user in watchers:
        watch(user, thread_ref(thread))
    make.post(thread=thread)
    job = database.scalars(select(Job).where(Job.name == telling.FAN_OUT)).one()
    again = dict(job.payload)
    assert run_one()
    told = select(func.count(Notice.id)).where(Notice.place_id == thread.id)
    assert database.scalar(told) == 2
    with unit_of_work() as work:
        work.add(Job(name=telling.FAN_OUT, payload=again, run_at=now()))
    run_due()
    assert database.scalar(told) == len(watchers) + 1, "they, and who started the thread"


def test_what_is_deleted_before_everybody_is_told_is_told_to_nobody(database: Session) -> None:
    author, watcher = person(), person()
    thread = make.thread()
    watch(watcher, thread_ref(thread))
    post = make.post(thread=thread, author=author)
    with unit_of_work():
        delete_post(viewer_for(author.id), post_id=post.id)
    run_due()
    assert notices_of(database, watcher) == []


def test_what_was_deleted_counts_no_more(database: Session) -> None:
    author, reader = person(), person()
    thread = make.thread()
    post = make.post(thread=thread, author=author, body=f"@{reader.handle} look")
    assert viewer_for(reader.id).unread_notices == 1
    with unit_of_work():
        delete_post(viewer_for(author.id), post_id=post.id)
    assert viewer_for(reader.id).unread_notices == 0


def test_a_right_that_is_lost_before_the_worker_comes_is_respected(database: Session) -> None:
    staff, ally = person(staff=True), person(grants=("alliance:7",))
    author = person(grants=("alliance:7",))
    thread = make.thread(author=author, board=make.board(audience="alliance:7"))
    watch(ally, thread_ref(thread))
    make.post(thread=thread, author=author)
    with unit_of_work():
        revoke(viewer_for(staff.id), user_id=ally.id, token="alliance:7")
    run_due()
    assert notices_of(database, ally) == []


def test_a_burst_is_one_mail_with_excerpts_and_the_rule_that_sent_it(database: Session) -> None:
    thread, reader = make.thread(), person(locale="zh_Hans")
    watch(reader, thread_ref(thread), mail=Cadence.AT_ONCE)
    for number in range(4):
        make.post(thread=thread, body=f"Sample {number} was <b>dry</b>")
    assert carried(after=timedelta(minutes=1)) == 0, "not yet: more may come"
    assert carried() == 1
    (mail,) = mails_to(database, reader)
    assert (mail.kind, mail.recipient, mail.subject) == ("notice", reader.email, thread.title)
    assert (mail.place, mail.reply_ref, mail.audience) == (str(thread_ref(thread)), str(thread_ref(thread)), "public")
    rule = rule_of_follow(reader.id, thread_ref(thread))
    assert mail.unsubscribe_url == rule.url
    for text in (mail.body, mail.html):
        assert "Sample 0 was" in text
        assert "因为您密切关注本帖" in text
        assert rule.url in text
        assert "/settings/follows?kind=forum.thread&" in text
    assert "<b>dry" not in mail.html
    assert carried(after=timedelta(hours=1)) == 0
    make.post(thread=thread, body="One more")
    assert carried() == 1
    assert "Sample 0" not in mails_to(database, reader)[1].body, "what was mailed is not mailed again"


@pytest.mark.parametrize(("kind", "mails"), [(ThreadKind.QUESTION, 1), (ThreadKind.DISCUSSION, 0)])
def test_whoever_asks_hears_of_answers_at_once_and_not_in_a_weekly_digest(
    database: Session, kind: ThreadKind, mails: int
) -> None:
    asker = person()
    thread = make.thread(author=asker, kind=kind)
    watch(asker, thread_ref(thread))
    make.post(thread=thread, body="Check the humidity first.")
    assert carried() == mails
    assert [one.reason for one in notices_of(database, asker)] == ["reply" if mails else "watching:forum.thread"]


@pytest.mark.parametrize("is_renewed", [False, True])
def test_a_mail_speaks_its_readers_language_to_the_last_word(database: Session, *, is_renewed: bool) -> None:
    thread, reader = make.thread(title="Dry samples"), person(locale="en", display_name="Ada Dry")
    make.post(thread=thread, author=person(display_name="Bo Dry"), body=f"@{reader.handle} look")
    assert carried() == 1
    (mail,) = mails_to(database, reader)
    words = letter_of_now(reader.id, mail.made_of["notices"]) if is_renewed else mail
    assert words is not None
    for text in (words.subject, words.body, words.html):
        assert not re.search("[一-龥]", text.replace("会馆 Guildhall", "")), text


def test_what_was_read_meanwhile_is_not_mailed(database: Session) -> None:
    thread, reader = make.thread(), person()
    make.post(thread=thread, body=f"@{reader.handle} look")
    with unit_of_work():
        mark_read(viewer_for(reader.id), place=thread_ref(thread))
    assert carried() == 0
    assert database.scalar(select(func.count()).select_from(Delivery)) == 0


@pytest.mark.parametrize("what", ["suspended", "lost", "deleted", "switched off", "unfollowed"])
def test_between_the_notice_and_the_mail_much_may_happen(database: Session, what: str) -> None:
    staff, author = person(staff=True), person(grants=("alliance:7",))
    reader = person(grants=("alliance:7",))
    thread = make.thread(author=author, board=make.board(audience="alliance:7"))
    watch(reader, thread_ref(thread), mail=Cadence.AT_ONCE)
    post = make.post(thread=thread, author=author, body="The secret recipe")
    run_due()
    assert len(notices_of(database, reader)) == 1
    with unit_of_work() as work:
        if what == "suspended":
            work.execute(update(User).where(User.id == reader.id).values(suspended_at=now()))
        elif what == "lost":
            revoke(viewer_for(staff.id), user_id=reader.id, token="alliance:7")
        elif what == "deleted":
            delete_post(viewer_for(author.id), post_id=post.id)
        elif what == "switched off":
            mail_follow(viewer_for(reader.id), ref=thread_ref(thread), mail=Cadence.NEVER)
        else:
            follow(viewer_for(reader.id), ref=thread_ref(thread), level=Level.MUTED)
            work.execute(update(Follow).where(Follow.user_id == reader.id).values(mail=Cadence.NEVER.value))
    assert carried() == 0
    assert mails_to(database, reader) == []


def test_settings_say_what_rings_and_what_is_mailed(database: Session) -> None:
    reader = person()
    want(reader, Topic.ADDRESSED, bell=False, mail=Cadence.AT_ONCE)
    make.post(thread=make.thread(), body=f"@{reader.handle} look")
    (notice,) = notices_of(database, reader)
    assert channels_of(reader.id, notice) == {"mail"}
    assert viewer_for(reader.id).unread_notices == 0
    assert groups_page(viewer_for(reader.id)).items == []
    assert carried() == 1
    want(reader, Topic.ADDRESSED, bell=True, mail=Cadence.NEVER)
    make.post(thread=make.thread(), body=f"@{reader.handle} look")
    assert viewer_for(reader.id).unread_notices == 1
    assert carried() == 0


def test_opening_the_page_of_a_thing_reads_what_was_told_of_it(client: FlaskClient, database: Session) -> None:
    reader = person()
    thread = make.thread()
    make.post(thread=thread, body=f"@{reader.handle} look")
    make.post(thread=make.thread(), body=f"@{reader.handle} look")
    sign_in(client, reader)
    assert client.post("/notifications/opened", data={"path": "/elsewhere"}).status_code == 204
    assert viewer_for(reader.id).unread_notices == 2
    assert client.post("/notifications/opened", data={"path": f"/threads/{thread.id}-{thread.slug}"}).status_code == 204
    assert viewer_for(reader.id).unread_notices == 1


def test_the_settings_are_a_form(client: FlaskClient) -> None:
    reader = person()
    sign_in(client, reader)
    page = client.get("/settings/notices").text
    assert 'id="mail-watched"' in page
    assert "push-addressed" in page
    answer = client.post(
        "/settings/notices", data={"mail-watched": "daily", "bell-watched": "on", "mail-matches": "never"}
    )
    assert answer.status_code == 303
    wishes = wishes_of(reader.id)
    assert (wishes[Topic.WATCHED].mail, wishes[Topic.WATCHED].bell) == (Cadence.DAILY, True)
    assert (wishes[Topic.MATCHES].mail, wishes[Topic.MATCHES].bell) == (Cadence.NEVER, False)
    assert wishes[Topic.RECORDS] == USUAL[Topic.RECORDS], "what the form does not name stays"
    assert client.post("/settings/notices", data={"mail-watched": "hourly"}).status_code == 422


def test_what_one_follows_is_listed_and_changed(client: FlaskClient, database: Session) -> None:
    reader, thread = person(grants=("alliance:7",)), make.thread()
    closed = make.thread(author=person(grants=("alliance:7",)), board=make.board(audience="alliance:7"))
    watch(reader, thread_ref(thread))
    watch(reader, thread_ref(closed))
    sign_in(client, reader)
    named = client.get(f"/settings/follows?kind=forum.thread&ref_id={thread.id}").text
    assert "is-named" in named
    assert named.count(f">{thread.title}</a>") == 1
    sent = {"kind": "forum.thread", "ref_id": thread.id, "level": "tracking", "mail": "weekly"}
    assert client.post("/settings/follows", data=sent).status_code == 303
    row = database.get_one(Follow, (reader.id, "forum.thread", thread.id), populate_existing=True)
    assert (row.level, row.mail) == ("tracking", "weekly")
    with unit_of_work():
        revoke(viewer_for(person(staff=True).id), user_id=reader.id, token="alliance:7")
    page = client.get("/settings/follows").text
    assert closed.title not in page
    gone = {"kind": "forum.thread", "ref_id": closed.id, "level": "normal"}
    assert client.post("/settings/follows", data=gone).status_code == 303, "one lets go of what one sees no more"
    assert client.post("/settings/follows", data=gone | {"level": "watching"}).status_code == 404


def test_one_click_ends_a_mail_without_signing_in_and_can_be_undone(client: FlaskClient, database: Session) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = True
    reader, thread = person(), make.thread()
    watch(reader, thread_ref(thread), mail=Cadence.AT_ONCE)
    rules = {
        rule_of_topic(reader.id, "addressed"): lambda: wishes_of(reader.id)[Topic.ADDRESSED].mail,
        rule_of_digest(reader.id, Cadence.WEEKLY): lambda: wishes_of(reader.id)[Topic.SUMMARY].mail,
        rule_of_follow(reader.id, thread_ref(thread)): lambda: database.scalar(
            select(Follow.mail).where(Follow.user_id == reader.id, Follow.ref_id == thread.id)
        ),
    }
    for rule, mail in rules.items():
        path = rule.url.partition("//")[2].partition("/")[2]
        before = mail()
        page = client.get(f"/{path}", headers={"Accept-Language": "en"}).text
        assert mail() == before, "looking changes nothing: mail programs look by themselves"
        assert thread.title not in page
        assert "Switch it off" in page
        off = client.post(f"/{path}", data={"List-Unsubscribe": "One-Click"})
        assert off.status_code == 200
        assert mail() == Cadence.NEVER
        (back,) = re.findall(r'name="undo" value="([^"]+)"', off.text)
        assert client.post(f"/{path}", data={"List-Unsubscribe": "One-Click"}).status_code == 200
        assert client.post(f"/{path}", data={"undo": back}).status_code == 200
        assert mail() == before


def test_the_token_says_nothing_and_cannot_be_made_or_changed(client: FlaskClient) -> None:
    reader = person()
    token = rule_of_topic(reader.id, "addressed").token
    assert token == rule_of_topic(reader.id, "addressed").token
    assert token != rule_of_topic(person().id, "addressed").token
    for wrong in ("x", token[:-2] + ("AA" if token[-2:] != "AA" else "BB"), token + "A", "~", "é"):
        assert client.get(f"/unsubscribe/{wrong}").status_code == 404
        assert client.post(f"/unsubscribe/{wrong}", data={"List-Unsubscribe": "One-Click"}).status_code == 404
    assert client.get(f"/unsubscribe/{Rule(10**9, 'addressed').token}").status_code == 404


def test_undoing_brings_back_only_what_was_switched_off_and_only_for_a_month(client: FlaskClient) -> None:
    reader, other = person(), person()
    mine, other_topic = rule_of_topic(reader.id, "addressed"), rule_of_topic(reader.id, "records")

    def undo(rule: Rule, token: str) -> int:
        return client.post(f"/unsubscribe/{rule.token}", data={"undo": token}).status_code

    off = client.post(f"/unsubscribe/{mine.token}")
    (back,) = re.findall(r'name="undo" value="([^"]+)"', off.text)
    assert undo(other_topic, back) == 404
    assert undo(rule_of_topic(other.id, "addressed"), back) == 404
    for forged in ("1", mine.token, back[:-2], way_back(other_topic, {"addressed": "daily"})):
        assert undo(mine, forged) == 404, "the link of the mail itself only switches off"
    assert client.get(f"/unsubscribe/{back}").status_code == 404
    with time_machine.travel(now() + timedelta(days=31)):
        assert undo(mine, back) == 409
    assert wishes_of(reader.id)[Topic.ADDRESSED].mail is Cadence.NEVER
    want(reader, Topic.ADDRESSED, mail=Cadence.DAILY)
    assert undo(mine, back) == 200
    assert wishes_of(reader.id)[Topic.ADDRESSED].mail is Cadence.DAILY, "what was chosen since stays"
    want(reader, Topic.ADDRESSED, mail=Cadence.NEVER)
    assert undo(mine, back) == 200
    assert wishes_of(reader.id)[Topic.ADDRESSED].mail is Cadence.AT_ONCE


def test_programs_choose_and_read_too(client: FlaskClient, database: Session) -> None:
    reader, thread = person(), make.thread()
    make.post(thread=thread, body=f"@{reader.handle} look")
    bot = Program(client, reader)
    (item,) = bot.get("/notifications").json["items"]
    assert item["topic"] == "addressed"
    assert bot.post("/notifications/read", {"ids": [item["id"]]}).status_code == 204
    assert viewer_for(reader.id).unread_notices == 0
    sent = {"items": [{"topic": "watched", "bell": False, "mail": "daily", "push": False}]}
    answer = bot.put("/notifications/settings", sent)
    assert answer.status_code == 200
    assert answer.json == bot.get("/notifications/settings").json
    assert {"topic": "watched", "bell": False, "mail": "daily", "push": False} in answer.json["items"]
    assert len(answer.json["items"]) == len(Topic)
    follows = {"kind": "forum.thread", "ref_id": thread.id, "level": "watching", "mail": "weekly"}
    assert bot.put("/follows", follows).status_code == 200
    assert bot.get("/follows").json["items"][0]["thing"]["title"] == thread.title


def test_an_event_without_a_topic_is_refused_where_it_is_made(database: Session) -> None:
    with pytest.raises(LookupError):
        topic_of("unheard.of")
    assert topic_of("unheard.of", "watching:forum.thread") is Topic.WATCHED


def test_private_threads_under_one_tag_are_mailed_apart(database: Session) -> None:
    reader, author = person(grants=("alliance:7",)), person(grants=("alliance:7",))
    make.thread(tags=("ceramics",))
    tag = Ref("forum.tag", database.scalars(select(Tag.id).where(Tag.name == "ceramics")).one())
    watch(reader, tag, mail=Cadence.AT_ONCE)
    make.thread(author=author, tags=("ceramics",))
    make.thread(author=author, tags=("ceramics",), board=make.board(audience="alliance:7"))
    assert carried() == 2
    assert {mail.audience for mail in mails_to(database, reader)} == {"public", "alliance:7"}
    assert {mail.reply_ref for mail in mails_to(database, reader)} != {""}

"""An alliance in which every private thing bears a word of its own, and who may ever read it."""

import io
from dataclasses import dataclass, field

from sqlalchemy import select

from accounts.blobs import blob_store
from accounts.viewers import viewer_for
from activity.actions import bookmark, follow
from activity.models import Level
from alliances.actions import cases, documents, event_allies, events, groups, ip, milestones
from alliances.actions.attending import attend
from alliances.actions.calendar_keys import make_key
from alliances.actions.founding import found
from alliances.actions.invitations import invite
from alliances.actions.leaving import leave
from alliances.actions.scoring import score
from alliances.events import StateChanged
from alliances.facts import FoundingFacts
from alliances.log import note
from alliances.models import Alliance, CharterVersion, DocumentVersion, Office
from alliances.parties import Party
from alliances.sight import inside
from alliances.terms import begin_term
from forum.models import Board, Thread
from kernel.clock import now
from kernel.db import session
from kernel.events import emit
from kernel.refs import Ref
from kernel.work import unit_of_work
from tests.alliances.people import ROLES, Stage, people, stage
from tests.makers import decisions, rooms
from tests.makers import forum as make_forum
from tests.makers import needs as make_need
from tests.makers.people import person

EVERYBODY = {*ROLES, "expert"}
INSIDE = {"observer", "member", "council", "chair"}
COUNCIL = {"council", "chair"}
GROUP = {"member", "expert"}
CIRCLES = {"members": INSIDE, "council": COUNCIL, "group": GROUP}

# The word, and who may ever read it.
WORDS = {
    "zqpublic": EVERYBODY,
    **{f"zq{what}{circle}": who for circle, who in CIRCLES.items() for what in ("board", "doc", "content", "vote")},
    **{
        f"zq{what}{circle}": who for circle, who in CIRCLES.items() for what in ("reason", "option", "event", "minutes")
    },
    "zqmilestonemembers": INSIDE,
    "zqmilestonegroup": GROUP,
    "zqneed": INSIDE,
    "zqapplication": {"applicant", *COUNCIL},
    "zqinvitation": {"other", *COUNCIL},
    "zqgrounds": {"observer", *COUNCIL},
    "zqreply": {"observer", *COUNCIL},
    "zqleft": set(),  # kept, and shown nowhere
    "zqnotice": INSIDE,
    "zqbackground": INSIDE,
    "zqexclusion": INSIDE,
    "zqlogcouncil": COUNCIL,
    "zqcharter": INSIDE,
    "zqdraftname": {"member"},
    "zqprepared": {"member"},
    "zqproxy": {"member", "chair"},
    "zqcallmembers": INSIDE,
    "zqcalldraft": COUNCIL,
    "zqbidsealed": {"applicant"},
    "zqbidopen": {"other", "observer", "chair"},
    "zqsheet": {"observer", "chair"},
    "zqjoint": {"other", *INSIDE},
}


@dataclass
class House:
    """Everything, and the numbers under which it is found."""

    stage: Stage
    keys: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, list[int]] = field(default_factory=dict)
    boards: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    @property
    def slugs(self) -> list[str]:
        """The alliance; the other one; the draft."""
        return [self.stage.made.alliance.slug, *self.others]

    def add(self, name: str, *ids: int) -> None:
        """Remember where something is found."""
        self.numbers.setdefault(name, []).extend(ids)


def build_house() -> House:
    """Let everybody do what they do, and then let the former member go."""
    users = people()
    users["expert"] = person(handle="the-expert")
    here = stage(users, answer="zqapplication", is_over=False)
    house = House(here)
    with unit_of_work():
        emit(StateChanged(here.made.alliance.id, None, "forming", "active"))
        former = users["former"].id
        begin_term(
            here.made.alliance, Office.VICE_CHAIR, user_id=former, member_id=here.members["former"].id, actor=None
        )
        for handle in ("the-expert", "the-former"):
            groups.add_to_group(here.made.viewer(), slug=house.slugs[0], group_id=here.group.id, handle=handle)
    house.add("group_id", here.group.id)
    house.add("application_id", here.application.id)
    house.add("member_id", *(row.id for row in here.made.members))
    _boards(house)
    _documents(house)
    _votes(house)
    _events(house)
    _calls(house)
    _membership(house)
    _elsewhere(house)
    with unit_of_work():
        for role in users:
            house.keys[role] = make_key(viewer_for(users[role].id))
    here.part()
    _afterwards(house)
    return house


def _boards(house: House) -> None:
    """Discussions that mention people from outside, and which the one who goes follows."""
    here = house.stage
    found = {
        row.audience.removeprefix(here.made.alliance.everybody): row
        for row in session().scalars(select(Board).where(Board.alliance_id == here.made.alliance.id))
    }
    by_circle = {"members": found[""], "council": found[":council"], "group": found[f":group{here.group.id}"]}
    house.boards = [row.slug for row in by_circle.values()]
    for circle, board in by_circle.items():
        author = here.users["council" if circle == "council" else "member"]
        body = f"zqboard{circle} for @the-other @the-applicant @the-staff @the-former"
        thread = make_forum.thread(
            author=author, board=board, title=f"zqboard{circle} title", body=body, tags=(f"zqboard{circle}-tag",)
        )
        house.add("thread_id", thread.id)
        house.add("post_id", make_forum.opening_post(thread).id)
        former = here.viewer("former")
        with unit_of_work():
            follow(former, ref=Ref("forum.thread", thread.id), level=Level.WATCHING)
            bookmark(former, ref=Ref("forum.thread", thread.id))
        if circle == "members":
            with unit_of_work():
                bookmark(former, ref=Ref("alliances.alliance", here.made.alliance.id))
            house.add(
                "post_id", make_forum.post(thread=thread, author=here.users["former"], body=f"zqboard{circle} 2").id
            )


def _documents(house: House) -> None:
    """A text and a file for each circle, and one text for everybody."""
    here, viewer = house.stage, house.stage.made.viewer()
    slug = here.made.alliance.slug
    made = [rooms.document(here.made, title="zqpublic title", body="zqpublic body", audience="public")]
    for circle in CIRCLES:
        place = {"audience": circle, "group_id": here.group.id if circle == "group" else None}
        made.append(rooms.document(here.made, title=f"zqdoc{circle} title", body=f"zqdoc{circle} body", **place))
        with unit_of_work():
            stream = io.BytesIO(f"a,b\nzqcontent{circle},2\n".encode())
            file = documents.inspect(
                viewer,
                slug=slug,
                group_id=place["group_id"],
                stream=stream,
                name=f"zqdoc{circle}.csv",
                limit_bytes=10**6,
            )
            with file.content:
                made.append(
                    documents.write_document(
                        viewer, slug=slug, title=f"zqdoc{circle} table", file=file, store=blob_store(), **place
                    )
                )
    house.add("document_id", *(row.id for row in made))
    with unit_of_work():
        version = session().scalars(select(DocumentVersion).where(DocumentVersion.document_id == made[1].id)).one()
        version.adopted_at, version.exclusion_until = now(), now().replace(year=now().year + 1)
        session().flush()
        notice = ip.file_exclusion(
            here.viewer("observer"),
            slug=slug,
            member_id=None,
            version_id=version.id,
            rights="zqexclusion",
            reason="zqexclusion too",
        )
        for paper in made[1:]:
            follow(here.viewer("former"), ref=Ref("alliances.document", paper.id), level=Level.WATCHING)
            bookmark(here.viewer("former"), ref=Ref("alliances.document", paper.id))
    house.add("notice_id", notice.id)


def _votes(house: House) -> None:
    """For each circle a vote that was decided and one that runs; and a proxy with instructions."""
    here = house.stage
    house.add("number", here.vote.number)
    for circle in CIRCLES:
        group_id = here.group.id if circle == "group" else None
        facts = {"title": f"zqvote{circle} title", "body": f"zqvote{circle} body", "electorate": circle}
        decided = decisions.proposal(here.made, method="consent", group_id=group_id, **facts)
        decisions.vote(here.made, decided, 0, {"stance": "consent"}, reason=f"zqreason{circle}")
        voter = here.viewer("council" if circle == "council" else "member")
        decisions.vote(here.made, decided, voter, {"stance": "consent"}, reason=f"zqreason{circle} 2")
        if circle == "members":
            decisions.vote(here.made, decided, here.viewer("former"), {"stance": "consent"})
            decisions.vote(here.made, decided, here.viewer("chair"), {"stance": "consent"})
        decisions.end(decided)
        runs = decisions.proposal(
            here.made,
            method="ranked",
            group_id=group_id,
            options=(f"zqoption{circle} a", f"zqoption{circle} b"),
            **facts,
        )
        house.add("number", decided.number, runs.number)
        if circle == "members":
            proxy = decisions.proxy(here.made, 3, 2, runs, instructions="zqproxy")
            house.add("proxy_id", proxy.id)


def _events(house: House) -> None:
    """A meeting of each circle that was held; on the members' hangs what the council decides."""
    here, viewer = house.stage, house.stage.made.viewer()
    slug = here.made.alliance.slug
    for place, circle in enumerate(CIRCLES):
        group_id = here.group.id if circle == "group" else None
        event = rooms.event(
            here.made, title=f"zqevent{circle} title", body=f"zqevent{circle} body", audience=circle, group_id=group_id
        )
        with unit_of_work():
            attend(here.viewer("former"), slug=slug, event_id=event.id, comes=True)
        rooms.begin(event)
        with unit_of_work():
            events.write_minutes(viewer, slug=slug, event_id=event.id, text=f"zqminutes{circle}")
            if place == 0:
                council_paper = Ref("alliances.document", house.numbers["document_id"][3])
                events.link_to_event(viewer, slug=slug, event_id=event.id, ref=council_paper)
        house.add("event_id", event.id)
    with unit_of_work():
        milestones.set_milestone(viewer, slug=slug, title="zqmilestonemembers")
        milestones.set_milestone(viewer, slug=slug, title="zqmilestonegroup", group_id=here.group.id)


def _calls(house: House) -> None:
    """A draft, one for members, one that takes bids, one whose bids are scored."""
    here, slug = house.stage, house.stage.made.alliance.slug
    made = [
        rooms.call(here.made, title="zqcalldraft title", is_open=False),
        rooms.call(here.made, title="zqcallmembers title", audience="members"),
        rooms.call(here.made, title="A film"),
        rooms.call(here.made, title="Another film"),
    ]
    bids = [
        rooms.bid(here.made, made[2], here.users["applicant"], team="zqbidsealed team", body="zqbidsealed body"),
        rooms.bid(here.made, made[3], here.users["other"], team="zqbidopen team", body="zqbidopen body"),
    ]
    rooms.evaluate(here.made, made[3], here.users["observer"])
    with unit_of_work():
        score(
            here.viewer("observer"),
            slug=slug,
            call_id=made[3].id,
            bid_id=bids[1].id,
            given={"c1": 1, "c2": 1},
            comment="zqsheet",
        )
    house.add("call_id", *(row.id for row in made))
    house.add("bid_id", *(row.id for row in bids))


def _membership(house: House) -> None:
    """An invitation, a case with a reply, a notice, background rights, a charter to come, a line for the council."""
    here, viewer = house.stage, house.stage.made.viewer()
    alliance, slug = here.made.alliance, here.made.alliance.slug
    with unit_of_work() as work:
        asked = invite(viewer, slug=slug, kind="person", name="the-other", message="zqinvitation")
        case = cases.open_case(viewer, slug=slug, member_id=here.members["observer"].id, grounds="zqgrounds")
        cases.reply_to_case(here.viewer("observer"), slug=slug, case_id=case.id, reply="zqreply")
        leave(here.viewer("member"), slug=slug, member_id=here.members["member"].id, reason="zqnotice")
        ip.add_background(
            here.viewer("member"), slug=slug, member_id=None, title="zqbackground", terms="zqbackground terms"
        )
        text = {"zh": "zqcharter", "en": "zqcharter"}
        work.add(
            CharterVersion(
                alliance_id=alliance.id,
                number=2,
                state="proposed",
                sections={"mission": text},
                note="zqcharter note",
                hash="1" * 64,
                written_by_id=here.made.people[0].id,
            )
        )
        note(alliance, "case-opened", actor=viewer, audience=alliance.council, member="zqlogcouncil")
    house.add("invitation_id", asked.id)
    house.add("case_id", case.id)


def _elsewhere(house: House) -> None:
    """A meeting with another alliance, a draft by the member, a need, and words in public that point at all of it."""
    here, slug = house.stage, house.stage.made.alliance.slug
    host = here.viewer("other")
    other = session().get_one(Alliance, inside(host)[0])
    with unit_of_work():
        joint = events.plan_event(host, slug=other.slug, facts=rooms.event_facts(title="zqjoint title", body="zqjoint"))
        event_allies.ask_ally(host, slug=other.slug, event_id=joint.id, ally=slug, message="zqjoint message")
        event_allies.answer_ally(here.made.viewer(), slug=slug, event_id=joint.id, accept=True, message="zqjoint yes")
    house.add("event_id", joint.id)
    with unit_of_work():
        facts = FoundingFacts(template="experts", name="A quiet draft", summary="zqdraftname", sectors=("materials",))
        member = here.users["member"]
        draft = found(here.viewer("member"), facts, party=Party("person", member.id))
    with unit_of_work():
        asked = invite(here.viewer("member"), slug=draft.slug, kind="person", name="the-other", message="zqprepared")
    house.add("invitation_id", asked.id)
    house.others = [other.slug, draft.slug]
    need = make_need.need(
        owner=here.users["member"],
        title="zqneed title",
        problem="zqneed problem",
        visibility="alliance",
        alliance=here.made.alliance.everybody,
    )
    house.add("need_id", need.id)
    rows = house.numbers
    url = here.made.alliance.url
    names = " ".join(
        [
            *(f"#{number} /threads/{number}" for number in rows["thread_id"]),
            *(f"{url}/{what}/{number}" for what, name in PLACES.items() for number in rows[name]),
            f"/needs/{need.id} /alliances/{draft.slug}",
        ]
    )
    quotes = "".join(f"\n\n> [@the-member](/posts/{number})\n> …\n" for number in rows["post_id"])
    thread = make_forum.thread(author=here.users["other"], title="Pointers", body=f"{names}{quotes}")
    house.add("thread_id", thread.id)
    house.add("post_id", make_forum.opening_post(thread).id)


PLACES = {
    "documents": "document_id",
    "proposals": "number",
    "events": "event_id",
    "calls": "call_id",
    "cases": "case_id",
    "applications": "application_id",
    "invitations": "invitation_id",
}


def _afterwards(house: House) -> None:
    """What goes on once somebody has left."""
    here = house.stage
    thread = session().get_one(Thread, house.numbers["thread_id"][0])
    make_forum.post(thread=thread, author=here.users["member"], body="zqboardmembers 3, @the-former")
    for place in (1, 3, 5):
        with unit_of_work():
            documents.save_version(
                here.made.viewer(),
                slug=here.made.alliance.slug,
                document_id=house.numbers["document_id"][place],
                base=1,
                body=f"zqdoc{list(CIRCLES)[place // 2]} again",
            )

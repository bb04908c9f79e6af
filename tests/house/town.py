"""A site with everything in it, where each thing that not everybody may see bears a word of its own."""

import io
from dataclasses import dataclass, field, replace
from typing import Any

from PIL import Image
from sqlalchemy import select

from accounts.actions import seats
from accounts.blobs import blob_store
from accounts.events import OrganisationChanged
from accounts.models import Grant, Organisation, OrganisationSeat, User
from accounts.policy.organisations import CLOSED
from accounts.viewers import viewer_for
from activity.actions import bookmark, follow
from activity.models import Level
from alliances.actions.events import write_minutes
from alliances.actions.founding import found
from alliances.actions.ip import add_background
from alliances.actions.milestones import set_milestone
from alliances.facts import FoundingFacts
from alliances.joining import end_membership
from alliances.log import note
from alliances.models import CharterState, CharterVersion, MemberState
from alliances.parties import Party
from forum.actions import drafts, moving, posts, reactions, reading, removal, uploads
from forum.actions.answers import accept_answer
from forum.actions.closure import lock_thread
from forum.actions.polls import vote
from forum.actions.purging import purge_post
from forum.actions.threads import PollDraft
from forum.models import Board, PollOption, Post, Thread, Upload
from forum.models.thread import ThreadKind
from ip_registry.actions.disclosing import end_showing
from ip_registry.actions.erasing import erase
from ip_registry.envelopes.openings import new_author
from ip_registry.models import RecordParty
from kernel.clock import now
from kernel.db import session
from kernel.events import emit
from kernel.refs import Ref
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from moderation.actions.notes import add_note
from moderation.models import SanctionKind
from resources.actions.conversations import write
from resources.actions.listing_files import add_files, inspect
from resources.actions.needs import invite
from resources.importing.kept import keep_table
from resources.models import Answer, Listing, ListingFile, ListingImport, ListingState, Need
from tests.makers import achievements as make_achievement
from tests.makers import acts, watch
from tests.makers import alliances as make_alliance
from tests.makers import decisions as make_decision
from tests.makers import forum as make
from tests.makers import listings as make_listing
from tests.makers import needs as make_need
from tests.makers import organisations as make_organisation
from tests.makers import registry as make_record
from tests.makers import rooms as make_room
from tests.makers.people import person
from tests.makers.registry import Made

PEOPLE = ("outsider", "unconfirmed", "member", "former", "insider", "moderator", "staff")

# The word, and who may ever read it.
WORDS = {
    "zqpublic": set(PEOPLE),
    "zqmembers": set(PEOPLE) - {"outsider", "unconfirmed"},
    "zqalliance": {"insider"},
    "zqstaff": {"staff"},
    "zqmoved": {"insider"},
    "zqdeleted": {"moderator", "staff"},
    "zqremoved": {"moderator", "staff"},
    "zqpurged": set(),
    "zqdraft": {"insider"},
    "zqnote": {"insider"},
    "zqunused": {"insider"},
    "zqaddress": {"insider"},
    "zqlistingall": set(PEOPLE),
    "zqlistingdraft": {"insider"},
    "zqlistingpaused": {"insider", "staff"},
    "zqlistingtable": {"insider"},
    "zqneedall": set(PEOPLE),
    "zqneedalliance": {"insider"},
    "zqneedinvited": {"insider", "member"},
    "zqneedowndraft": {"insider"},
    "zqneedfull": {"insider"},
    "zqanswer": {"insider", "member"},
    "zqsaid": {"insider", "member"},
    "zqrecordsealed": {"insider"},
    "zqrecordfile": {"insider"},
    "zqrecordshared": {"insider", "member"},
    "zqrecordgone": {"insider", "member"},
    "zqrecorderased": set(),
    "zqrecordopen": set(PEOPLE),
    "zqrecordlicence": {"insider"},
    "zqshownall": set(PEOPLE),
    "zqshownmembers": set(PEOPLE) - {"outsider", "unconfirmed"},
    "zqshownclosed": {"insider"},
    "zqalliedname": set(PEOPLE),
    "zqdocpublic": set(PEOPLE),
    "zqdocmembers": {"insider"},
    "zqdoccouncil": set(),
    "zqeventpublic": set(PEOPLE),
    "zqeventmembers": {"insider"},
    "zqeventcouncil": set(),
    "zqminutes": {"insider"},
    "zqcall": set(PEOPLE),
    "zqcalldraft": set(),
    "zqbid": {"member"},
    "zqmilestone": {"insider"},
    "zqvote": {"insider"},
    "zqvotecouncil": set(),
    "zqvotedraft": set(),
    "zqproxy": {"insider"},
    "zqfounding": {"insider"},
    "zqcharternext": {"insider"},
    "zqbackground": {"insider"},
    "zqlogcouncil": set(),
    "zqorganisation": set(PEOPLE),
    "zqseatasked": {"insider"},
    "zqseatinvited": {"insider", "member"},
    "zqorgclosed": {"insider", "staff"},
    "zqflagnote": {"member", "moderator", "staff"},
    "zqallyflag": {"insider"},
    "zqkeepernote": {"moderator", "staff"},
}


@dataclass
class Town:
    """Who lives here, and the numbers under which their things are found."""

    users: dict[str, User]
    threads: list[Thread] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)
    boards: list[Board] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    listings: list[Listing] = field(default_factory=list)
    listing_files: list[ListingFile] = field(default_factory=list)
    tables: list[ListingImport] = field(default_factory=list)
    needs: list[Need] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    records: list[Made] = field(default_factory=list)
    achievements: list[int] = field(default_factory=list)
    organisations: list[Organisation] = field(default_factory=list)
    seats: list[OrganisationSeat] = field(default_factory=list)
    alliance: str = ""
    rooms: dict[str, list[int]] = field(default_factory=dict)

    def viewer(self, who: str) -> Viewer:
        """The person as of now."""
        return viewer_for(self.users[who].id) if who in self.users else Viewer()

    def build(self) -> "Town":
        """All of it."""
        insider, staff = self.users["insider"], self.users["staff"]
        for word, audience, author in (
            ("zqpublic", "public", insider),
            ("zqmembers", "members", insider),
            ("zqalliance", "alliance:1", insider),
            ("zqstaff", "staff", staff),
        ):
            board = make.board(audience=audience, slug=f"place-{len(self.boards)}", name=f"{word} board")
            self.boards.append(board)
            self._discussion(board, word, author)
        self._pointer_to_what_is_hidden()
        self._moved_away()
        self._taken_away()
        self._kept_for_oneself()
        self._offered()
        self._looked_for()
        self._registered()
        self._shown()
        self._organised()
        self._allied()
        self._watched()
        with unit_of_work() as work:
            for grant in work.scalars(select(Grant).where(Grant.user_id == self.users["former"].id)):
                work.delete(grant)
        return self

    def _discussion(self, board: Board, word: str, author: User) -> None:
        """A question with all that can hang on one, while those who may see the board take part in it."""
        name = f"{word}.png"
        file = self._upload(author, name)
        thread = make.thread(
            author=author,
            board=board,
            kind=ThreadKind.QUESTION,
            title=f"{word} title",
            body=f"{word} body for @former and @member\n\n![{name}](/files/{file.id}/{name})",
            tags=(f"{word}-tag", "shared"),
            poll=PollDraft(f"{word} poll?", [f"{word} yes", f"{word} no"]),
        )
        opening = make.opening_post(thread)
        self.threads.append(thread)
        self.posts.append(opening)
        self.tags.append(f"{word}-tag")
        for who in ("member", "former", "moderator"):
            viewer = self.viewer(who)
            if board.audience not in viewer.audience:
                continue
            with unit_of_work():
                follow(viewer, ref=Ref("forum.thread", thread.id), level=Level.WATCHING)
                bookmark(viewer, ref=Ref("forum.thread", thread.id))
                reactions.toggle_reaction(viewer, post_id=opening.id, name="thanks")
                reading.mark_thread_read(viewer, thread_id=thread.id, number=1)
                option = session().scalars(select(PollOption.id).order_by(PollOption.id.desc())).first() or 0
                vote(viewer, thread_id=thread.id, option_ids={option})
            quoted = f"> [@{author.handle}](/posts/{opening.id})\n> {word} body\n\n{word} answer by {who}"
            self.posts.append(make.post(thread=thread, author=self.users[who], body=quoted))
        mine = self.viewer("staff" if author is self.users["staff"] else "insider")
        moderator = replace(mine, rights=mine.rights | {f"moderator:{board.community_id}"})
        last = make.post(thread=thread, author=author, body=f"{word} last word, @former")
        self.posts.append(last)
        with unit_of_work():
            posts.edit_post(mine, post_id=last.id, body=f"{word} last word, better", reason=f"{word} reason")
            accept_answer(mine, thread_id=thread.id, number=last.number)
            lock_thread(moderator, thread_id=thread.id, reason=f"{word} locked")

    def _upload(self, owner: User, name: str) -> Upload:
        viewer = viewer_for(owner.id)
        with unit_of_work():
            file = uploads.inspect(viewer, stream=_picture(), name=name, limit_bytes=10**6)
            with file.content:
                upload = uploads.add_upload(viewer, file=file, store=blob_store())
        self.uploads.append(upload)
        return upload

    def _pointer_to_what_is_hidden(self) -> None:
        """A public post that names hidden threads, posts and files by their numbers."""
        names = " ".join(
            f"#{thread.id} /threads/{thread.id} /posts/{post.id}"
            for thread, post in zip(self.threads, self.posts, strict=False)
        )
        files = " ".join(f"![x](/files/{upload.id}/x)" for upload in self.uploads)
        quotes = "".join(f"\n\n> [@insider](/posts/{post.id})\n> …\n" for post in self.posts)
        thread = make.thread(
            author=self.users["member"], board=self.boards[0], title="Pointers", body=f"{names}\n\n{files}{quotes}"
        )
        self.threads.append(thread)
        self.posts.append(make.opening_post(thread))

    def _moved_away(self) -> None:
        """A thread that was public, with followers and readers everywhere, and then went into the alliance."""
        thread = make.thread(
            author=self.users["insider"],
            board=self.boards[0],
            kind=ThreadKind.QUESTION,
            title="zqmoved title",
            body="zqmoved body @member",
            tags=("zqmoved-tag",),
        )
        for who in ("member", "former", "moderator", "staff"):
            with unit_of_work():
                follow(self.viewer(who), ref=Ref("forum.thread", thread.id), level=Level.WATCHING)
                bookmark(self.viewer(who), ref=Ref("forum.thread", thread.id))
        self.posts.append(make.post(thread=thread, author=self.users["insider"], body="zqmoved reply @member"))
        insider = self.viewer("insider")
        with unit_of_work():
            moving.move_thread(
                replace(insider, rights=insider.rights | {"staff"}),
                thread_id=thread.id,
                board=self.boards[2],
                reason="zqmoved reason",
            )
        self.threads.append(thread)
        self.posts.append(make.opening_post(thread))
        self.tags.append("zqmoved-tag")

    def _taken_away(self) -> None:
        """A deleted thread, a deleted post and a purged one, all in public."""
        gone = make.thread(
            author=self.users["member"],
            board=self.boards[0],
            title="zqdeleted title",
            body="zqdeleted body",
            tags=("zqdeleted-tag",),
        )
        stays = make.thread(author=self.users["member"], board=self.boards[0], title="A thread that stays")
        removed = make.post(thread=stays, author=self.users["insider"], body="zqremoved text @member")
        purged = make.post(thread=stays, author=self.users["insider"], body="zqpurged text @member")
        with unit_of_work():
            removal.delete_thread(self.viewer("staff"), thread_id=gone.id, reason="Not for here")
            removal.delete_post(self.viewer("moderator"), post_id=removed.id, reason="Not for here")
            purge_post(self.viewer("staff"), post_id=purged.id, reason="Not for here")
        self.threads += [gone, stays]
        self.posts += [make.opening_post(gone), removed, purged]
        self.tags.append("zqdeleted-tag")

    def _watched(self) -> None:
        """A flag in public and one among allies, notes of moderators on a thing and on a person, and a warning."""
        public, private = Ref("forum.post", self.posts[0].id), Ref("forum.post", self.posts[2].id)
        watch.flag(public, by=self.users["member"], note="zqflagnote of a member")
        scope = watch.review_of(public).scope
        for post in session().scalars(select(Post).join(Thread).where(Thread.board_id == self.boards[2].id)):
            private = Ref("forum.post", post.id) if post.author_id != self.users["insider"].id else private
        if private.id != self.posts[2].id:
            watch.flag(private, by=self.users["insider"], note="zqallyflag of an ally")
        with unit_of_work():
            for ref in (public, Ref("accounts.user", self.users["insider"].id)):
                add_note(self.viewer("moderator"), ref=ref, scope=scope, body="zqkeepernote")
        watch.sanction(
            self.users["insider"],
            SanctionKind.WARNING,
            by=self.users["moderator"],
            scope=scope,
            reason="A word too many.",
            note="zqkeepernote of the sanction",
        )

    def _kept_for_oneself(self) -> None:
        """A draft, a note, a file that no post uses, and an address."""
        insider = self.viewer("insider")
        with unit_of_work():
            drafts.save(insider, place="new", title="zqdraft title", body="zqdraft body")
            drafts.save(insider, place=f"thread:{self.threads[0].id}", body="zqdraft reply")
            bookmark(insider, ref=Ref("forum.post", self.posts[0].id), note="zqnote")
        self._upload(self.users["insider"], "zqunused.png")

    def _offered(self) -> None:
        """Listings in three states, each with a picture, and a table that waits for its import."""
        insider = self.users["insider"]
        for state, word in (
            (ListingState.PUBLISHED, "zqlistingall"),
            (ListingState.DRAFT, "zqlistingdraft"),
            (ListingState.PAUSED, "zqlistingpaused"),
        ):
            made = make_listing.listing(
                owner=insider, state=state, title=f"{word} title", summary=f"{word} summary", body=f"{word} body"
            )
            viewer = self.viewer("insider")
            with unit_of_work():
                file = inspect(viewer, stream=_picture(), name=f"{word}.png", limit_bytes=10**6)
                self.listing_files += add_files(viewer, listing_id=made.id, files=[file], store=blob_store())
            self.listings.append(made)
        with unit_of_work():
            data = b"kind,title,summary,access,class,model,location\ninstrument,zqlistingtable,s,request,laser,m,l\n"
            viewer = self.viewer("insider")
            self.tables.append(keep_table(viewer, data=data, name="table.csv", kind="", store=blob_store()))

    def _looked_for(self) -> None:
        """Needs of every visibility, and answers whose author was not shown the full text."""
        insider, member = self.users["insider"], self.users["member"]
        public = make_need.need(owner=insider, title="zqneedall title", teaser="zqneedall body", problem="zqneedfull")
        alliance = make_need.need(
            owner=insider, title="zqneedalliance title", visibility="alliance", alliance="alliance:1"
        )
        invited = make_need.need(owner=insider, title="zqneedinvited title", visibility="invited")
        draft = make_need.need(owner=insider, title="zqneedowndraft title", publish=False)
        with unit_of_work():
            invite(self.viewer("insider"), need_id=invited.id, handle=member.handle)
        self.needs += [public, alliance, invited, draft]
        for need in (public, invited):
            answer = make_need.answer(need=need, author=member, message="zqanswer message")
            with unit_of_work():
                write(self.viewer("insider"), conversation_id=answer.conversation_id, body="zqsaid back")
            self.answers.append(answer)

    def _registered(self) -> None:
        """Records in every state; what is said of each, whoever sees it may read, and nobody who saw it once."""
        insider, member, former = (self.users[who] for who in ("insider", "member", "former"))
        sealed = self._record("zqrecordsealed", files={"zqrecordfile.txt": b"1", "other.txt": b"2"})
        shared = self._record("zqrecordshared", others=[new_author(member.display_name, member.handle)])
        gone = self._record("zqrecordgone", others=[new_author(member.display_name, member.handle)])
        erased, public = self._record("zqrecorderased"), self._record("zqrecordopen")
        acts.act(sealed, insider, "reveal", scope="person", paths=None, to=former.handle)
        licence = {"to_name": "zqrecordlicence Ltd", "terms": "None.", "exclusive": False, "until": None}
        acts.act(public, insider, "licence", **licence)
        for made in (gone, public, erased):
            acts.reveal(made, insider)
        acts.act(gone, insider, "withdraw", reason="zqrecordgone too")
        viewer = self.viewer("insider")
        with unit_of_work():
            shown_to = select(RecordParty.id).where(RecordParty.user_id == former.id)
            end_showing(viewer, record=acts.record_now(sealed), party_id=session().scalars(shown_to).one())
            erase(viewer, record=acts.record_now(erased))
        self.records += [sealed, shared, gone, erased, public]

    def _shown(self) -> None:
        """Achievements on boards for everybody, for members and for few, one of them with a record."""
        insider, public = self.users["insider"], self.records[-1]
        for board, word, made in zip(
            self.boards[:3], ("zqshownall", "zqshownmembers", "zqshownclosed"), (public, None, None), strict=True
        ):
            thread = make_achievement.achievement(
                insider,
                board=board,
                title=f"{word} title",
                record=made,
                problem=f"{word} problem",
                more=f"{word} more",
                award_name=f"{word} award",
                award_level="national",
                award_year=2020,
            ).thread
            self.threads.append(thread)
            self.posts.append(make.opening_post(thread))
            self.achievements.append(make_achievement.card_of(thread.id).id)

    def _organised(self) -> None:
        """An organisation where somebody asks for a seat and somebody is invited, and one whose page is closed."""
        insider, viewer = self.users["insider"], self.viewer("insider")
        public = make_organisation.organisation(admin=insider, name="zqorganisation Ltd")
        closed = make_organisation.organisation(admin=insider, name="zqorgclosed Ltd")
        self.seats.append(make_organisation.asked(public, by=self.users["moderator"], message="zqseatasked"))
        with unit_of_work():
            self.seats.append(
                seats.invite(self.viewer("insider"), slug=public.slug, handle="member", message="zqseatinvited")
            )
        with unit_of_work() as work:
            seats.end_all(viewer, closed, outcome=CLOSED, answer="zqorgclosed was there twice")
            work.get_one(Organisation, closed.id).closed_at = now()
            emit(OrganisationChanged(closed.id, is_closed=True))
        self.organisations += [public, closed]

    def _chartered(self, made: make_alliance.MadeAlliance) -> None:
        """A draft that its founder alone sees, a version that was rejected, a register, a line for the council."""
        insider, alliance = self.users["insider"], made.alliance
        facts = FoundingFacts(
            template="experts", name="zqfounding name", summary="zqfounding summary", sectors=("materials",)
        )
        with unit_of_work() as work:
            found(self.viewer("insider"), facts, party=Party("person", insider.id))
            text = {"zh": "zqcharternext text", "en": "zqcharternext text"}
            work.add(
                CharterVersion(
                    alliance_id=alliance.id,
                    number=2,
                    state=CharterState.REJECTED.value,
                    sections={"mission": text},
                    note="zqcharternext note",
                    hash="1" * 64,
                    written_by_id=insider.id,
                )
            )
            note(alliance, "case-opened", actor=made.viewer(), audience=alliance.council, member="zqlogcouncil")
        with unit_of_work():
            title, terms = "zqbackground title", "zqbackground terms"
            add_background(self.viewer("insider"), slug=alliance.slug, member_id=None, title=title, terms=terms)

    def _allied(self) -> None:
        """An alliance with rooms for each circle of readers; somebody who was in it is not any more."""
        made = make_alliance.alliance(slug="walked", name="zqalliedname", name_en="zqalliedname")
        make_alliance.add_member(made, admin=self.users["insider"])
        left = make_alliance.add_member(made, admin=self.users["former"])
        readers = ("public", "members", "council")
        documents = [
            make_room.document(made, title=f"zqdoc{who} title", body=f"zqdoc{who} body", audience=who)
            for who in readers
        ]
        events = [
            make_room.event(made, title=f"zqevent{who} title", body=f"zqevent{who} body", audience=who)
            for who in readers
        ]
        make_room.begin(events[1])
        slug = made.alliance.slug
        with unit_of_work():
            write_minutes(made.viewer(), slug=slug, event_id=events[1].id, text="zqminutes")
            milestone = set_milestone(made.viewer(), slug=slug, title="zqmilestone")
        calls = [
            make_room.call(made, title="zqcall title"),
            make_room.call(made, title="zqcalldraft title", is_open=False),
        ]
        bid = make_room.bid(made, calls[0], self.users["member"], team="zqbid team", body="zqbid body")
        for who, word in (("members", "zqvote"), ("council", "zqvotecouncil")):
            facts = {"title": f"{word} title", "body": f"{word} body", "electorate": who, "method": "consent"}
            decided = make_decision.proposal(made, **facts)
            if who == "members":
                make_decision.proxy(made, 3, 1, decided, instructions="zqproxy")
            for voice in (0, 1):
                make_decision.vote(made, decided, voice, {"stance": "consent"}, reason=f"{word} reason")
            make_decision.end(decided)
        make_decision.draft(made, title="zqvotedraft title")
        self._chartered(made)
        with unit_of_work():
            end_membership(made.alliance, left, state=MemberState.LEFT, actor=None)
        self.alliance = slug
        self.rooms = {
            "document_id": [row.id for row in documents],
            "event_id": [row.id for row in events],
            "call_id": [row.id for row in calls],
            "bid_id": [bid.id],
            "milestone_id": [milestone.id],
        }

    def _record(self, word: str, **facts: Any) -> Made:
        return make_record.record(
            self.users["insider"], title=f"{word} title", abstract=f"{word} abstract", ip_terms=f"{word} terms", **facts
        )


def _picture() -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, "PNG")
    out.seek(0)
    return out


def build_town() -> Town:
    """Settle the people, and let them do things."""
    home = make.community("materials")
    return Town(
        {
            "unconfirmed": person(handle="unconfirmed", confirmed=False),
            "member": person(handle="member"),
            "former": person(handle="former", grants=("alliance:1",)),
            "insider": person(handle="insider", email="zqaddress@example.cn", grants=("alliance:1",)),
            "moderator": person(handle="moderator", grants=(f"moderator:{home.id}",)),
            "staff": person(handle="staff-member", staff=True),
        }
    ).build()

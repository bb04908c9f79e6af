"""The needs of the demo town, what was answered to them, and how it ended."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from accounts.models import Grant
from kernel.db import session
from kernel.errors import InvalidError
from kernel.i18n import guess_lang
from kernel.ids import slug_of
from kernel.refs import Ref
from kernel.viewer import PUBLIC
from resources.models import Answer, AnswerState, Conversation, Listing, Need, NeedSector, NeedState, Visibility
from resources.models.answer import WAITING
from resources.need_text import NeedFacts, Target, check_need
from resources.need_words import names
from search_index import feed
from seeds.offers import RESOURCES, age_of, rows_of
from seeds.parsing import SeedError, duration
from seeds.talks import Talk, add_enquiries, begin_talk

NEED = "resources.need"
PLAIN = ("title", "kind", "teaser", "problem", "constraints", "tried", "is_full_shown", "budget", "ip_wish", "place")
OWN_KEYS = {*PLAIN, "owner", "age", "state", "visibility", "targets", "deadline", "sectors", "trl", "ending", "invited"}


@dataclass(frozen=True, slots=True)
class SeedAnswer:
    """An answer with what was said after it; `words` came with the decision."""

    author: str
    message: str
    state: AnswerState
    talk: Talk
    listing: str = ""
    price: str = ""
    time_needed: str = ""
    reason: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class SeedNeed:
    """A need; `deadline` is how long after the moment of seeding it ends."""

    owner: str
    age: timedelta
    state: NeedState
    facts: NeedFacts
    deadline: timedelta | None
    ending: str = ""
    invited: list[str] = field(default_factory=list)
    answers: list[SeedAnswer] = field(default_factory=list)


def read_needs(people: Iterable[str], path: Path = RESOURCES / "needs.toml") -> list[SeedNeed]:
    """All of them, checked as what people type is checked; the oldest first."""
    known = set(people)
    needs = [_need(path, line, dict(row), known) for line, row in rows_of(path, "need")]
    return sorted(needs, key=lambda one: (-one.age, one.facts.title))


def _need(path: Path, line: int, row: dict[str, Any], people: set[str]) -> SeedNeed:
    answers = row.pop("answer", [])
    unknown = set(row) - OWN_KEYS
    strangers = {row.get("owner"), *row.get("invited", ()), *(answer["author"] for answer in answers)} - people
    if unknown or strangers:
        raise SeedError(path, line, f"unknown keys {sorted(unknown)}, unknown people {strangers}")
    facts = NeedFacts(
        **{name: row[name] for name in PLAIN if name in row},
        targets=tuple(Target(*target) for target in row.get("targets", ())),
        sectors=tuple(row.get("sectors", ())),
        trl=row.get("trl"),
        visibility=row.get("visibility", Visibility.PUBLIC.value),
    )
    try:
        check_need(facts, audience=())
    except InvalidError as error:
        raise SeedError(path, line, f"{facts.title}: {error.errors}") from None
    text = row.get("deadline", "")
    return SeedNeed(
        owner=row["owner"],
        age=age_of(path, line, row["age"]),
        state=NeedState(row["state"]),
        facts=facts,
        deadline=-(duration(text[1:]) or timedelta()) if text.startswith("-") else duration(text),
        ending=row.get("ending", ""),
        invited=row.get("invited", []),
        answers=[_answer(path, line, answer) for answer in answers],
    )


def _answer(path: Path, line: int, row: dict[str, Any]) -> SeedAnswer:
    row = dict(row)
    talk = Talk.read(path, line, age=row.pop("age"), first=row["message"], messages=row.pop("messages", []))
    if row.get("reason") and row["reason"] not in names("decline", "en"):
        raise SeedError(path, line, f"{row['reason']} is no reason")
    return SeedAnswer(**{**row, "state": AnswerState(row["state"]), "talk": talk})


def add_needs(
    needs: Iterable[SeedNeed], *, users: Mapping[str, int], listings: Mapping[str, Listing], moment: datetime
) -> None:
    """Post them, with their answers and conversations; then what was asked about listings."""
    for seed in needs:
        need = _add_need(seed, users[seed.owner], moment)
        _let_see(need, seed, users, moment)
        for answer in seed.answers:
            _add_answer(need, answer, users, listings, moment)
    add_enquiries(users=users, listings=listings, moment=moment)
    session().flush()


def _add_need(seed: SeedNeed, owner_id: int, moment: datetime) -> Need:
    is_out, posted = seed.state is not NeedState.DRAFT, moment - seed.age
    need = Need(
        **{
            **check_need(replace(seed.facts, deadline=None), audience=()),
            "deadline": (moment + seed.deadline).date() if seed.deadline is not None else None,
        },
        owner_id=owner_id,
        alias=hashlib.sha256(seed.facts.title.encode()).hexdigest()[:4],
        audience=PUBLIC if is_out else f"user:{owner_id}",
        state=seed.state.value,
        slug=slug_of(seed.facts.title),
        lang=guess_lang(seed.facts.title + seed.facts.teaser),
        created_at=posted,
        full_changed_at=posted,
        published_at=posted if is_out else None,
        ended_at=moment - timedelta(days=2) if seed.state not in (NeedState.DRAFT, NeedState.OPEN) else None,
        ending_message=seed.ending,
    )
    session().add(need)
    session().flush()
    session().add_all(NeedSector(need_id=need.id, sector=sector) for sector in need.sectors)
    return need


def _let_see(need: Need, seed: SeedNeed, users: Mapping[str, int], moment: datetime) -> None:
    if need.visibility == Visibility.INVITED:
        need.audience = f"need:{need.id}"
        session().add_all(
            Grant(user_id=users[handle], token=need.audience, created_at=moment - seed.age)
            for handle in (seed.owner, *seed.invited)
        )
    feed.changed(Ref(NEED, need.id))


def _add_answer(
    need: Need, seed: SeedAnswer, users: Mapping[str, int], listings: Mapping[str, Listing], moment: datetime
) -> None:
    conversation = Conversation(
        subject_kind=NEED,
        subject_id=need.id,
        purpose="answer",
        asker_id=users[seed.author],
        owner_id=need.owner_id,
        owner_alias=need.alias if need.is_anonymous and seed.state is not AnswerState.ACCEPTED else "",
    )
    say = begin_talk(conversation, seed.talk, moment=moment)
    has_ended = seed.state not in WAITING
    decided = need.ended_at if seed.state is AnswerState.CLOSED and need.ended_at else seed.talk.decided(moment)
    if seed.state is not AnswerState.PROPOSED:
        say(need.owner_id, decided, seed.words, deed=seed.state.value)
    if has_ended and seed.state is not AnswerState.ACCEPTED:
        conversation.closed_at, conversation.closing_message = decided, seed.words
    session().add(
        Answer(
            need_id=need.id,
            author_id=users[seed.author],
            listing_id=listings[seed.listing].id if seed.listing else None,
            conversation_id=conversation.id,
            message=seed.message,
            price=seed.price,
            time_needed=seed.time_needed,
            state=seed.state.value,
            reason=seed.reason,
            ending_message=seed.words if has_ended else "",
            created_at=moment - seed.talk.age,
            opened_at=decided if seed.state is AnswerState.ACCEPTED else None,
            ended_at=decided if has_ended else None,
        )
    )

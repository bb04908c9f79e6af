"""The gate: whatever somebody is about to make public passes it once, is refused with a sentence, or waits.

What waits does not exist in its room: it is a `Submission`, whose text its author and those who decide alone can read.
Once it is approved, the room publishes it as its author would, with the rights they have then.
"""

from dataclasses import dataclass, replace

from flask import current_app

from kernel.clock import now
from kernel.db import session
from kernel.refs import Ref
from kernel.viewer import MEMBERS, PUBLIC, Viewer
from moderation.actions.holding import flag_words, hold
from moderation.contributions import Contribution
from moderation.limits import APPROVED, Limits, is_watch, limits_of
from moderation.models import Fingerprint, Submission
from moderation.pace import Pace, alike, net_of, pace_of
from moderation.reasons import Reason
from moderation.refusing import must_fit, must_not_hurry, must_not_say
from moderation.texts import Made, made_of, words_hash
from moderation.watching import FLAGGING, HOLDING, Hit, count_hits, hits_in, seen_by_watch

OPEN_PLACES = frozenset({PUBLIC, MEMBERS})
BURST = 4  # places within ten minutes
REGULAR, TRUSTED = 2, 3


@dataclass(frozen=True, slots=True)
class Passage:
    """What the gate says: it waits, as `submission`; or it may be published, and `flags` are looked at afterwards."""

    submission: Submission | None = None
    flags: tuple[Hit, ...] = ()

    def published(self, ref: Ref, it: Contribution, *, author_id: int) -> None:
        """The room says under which name it stands now."""
        if self.flags:
            flag_words(ref, it, author_id=author_id, words=[hit.pattern for hit in self.flags])


FREE = Passage()


@dataclass(frozen=True, slots=True)
class Look:
    """What a contribution holds that is new, and how it compares with what was written lately."""

    new: Made
    words_hash: str
    pace: Pace
    hits: list[Hit]


def pass_gate(viewer: Viewer, it: Contribution) -> Passage:
    """Ask before publishing; raises `InvalidError` for what is not taken at all.

    Places that admit only some, such as an alliance's boards, are watched over by their own officers: all passes here.
    """
    if is_free(viewer) or it.audience not in OPEN_PLACES:
        return FREE
    look = look_at(viewer, it)
    reasons, ring = _reasons_in_text(limits_of(viewer), look), []
    if not it.is_edit:
        must_not_hurry(limits_of(viewer), look.pace, field=it.field)
        net = net_of(look.pace.ip) if viewer.trust == 0 else ""
        ring = alike(viewer, host=look.new.host, net=net) if net and look.new.host else []
        reasons = [*_reasons_in_pace(viewer, look.pace), *reasons, *[Reason.RING] * bool(ring)]
        note(viewer, it, look, net=net)
    count_hits(look.hits)
    if reasons:
        words = [hit.pattern for hit in look.hits if hit.action == HOLDING]
        return Passage(hold(viewer, it, reasons=reasons, words=words, ring=ring))
    return Passage(flags=tuple(hit for hit in look.hits if hit.action == FLAGGING))


def screen(viewer: Viewer, it: Contribution, *, is_new: bool = False, is_public: bool = True) -> None:
    """For what cannot wait, as it is no piece of its own or meant for one person: it is taken, or `InvalidError`.

    With `is_new` its speed counts. Words for which it would wait elsewhere bring it before a moderator, where it
    `is_public`; what two people write to each other no moderator reads.
    """
    if is_free(viewer) or (is_public and it.audience not in OPEN_PLACES):
        return
    look, limits = look_at(viewer, it), limits_of(viewer)
    must_fit(replace(limits, most_links=limits.links), look.new, field=it.field)
    if is_new:
        must_not_hurry(limits, look.pace, field=it.field)
        note(viewer, it, look)
    if look.hits and is_public:
        count_hits(look.hits)
        flag_words(it.place, it, author_id=viewer.me, words=[hit.pattern for hit in look.hits])


def is_free(viewer: Viewer) -> bool:
    """Whether nothing is asked of them: who looks after others, and whose contribution has just been approved."""
    return APPROVED in viewer.rights or is_watch(viewer)


def look_at(viewer: Viewer, it: Contribution) -> Look:
    """Count and compare; raises `InvalidError` for more than fits at all, and for words that are not taken here."""
    made, before = made_of(it.html), made_of(it.before or "")
    new = made.beyond(before)
    must_fit(limits_of(viewer), new, field=it.field)
    print_of = words_hash(it.title, it.html)
    pace = pace_of(viewer, words_hash=print_of)
    hits = _new_hits(it, made, before, pace)
    must_not_say(hits, field=it.field)
    return Look(new, print_of, pace, hits)


def note(viewer: Viewer, it: Contribution, look: Look, *, net: str = "") -> None:
    """Remember that it was sent, so that speed and repetition are known."""
    session().add(
        Fingerprint(
            user_id=viewer.me,
            words_hash=look.words_hash,
            place=str(it.place),
            host=look.new.host,
            net=net,
            created_at=now(),
        )
    )


def _reasons_in_text(limits: Limits, look: Look) -> list[Reason]:
    """Why what stands in it has to be looked at first."""
    reasons = []
    if limits.links is not None and len(look.new.links) > limits.links:
        reasons.append(Reason.LINKS)
    if any(hit.action == HOLDING for hit in look.hits):
        reasons.append(Reason.WORDS)
    return reasons


def _reasons_in_pace(viewer: Viewer, pace: Pace) -> list[Reason]:
    """Why whoever writes it, or what they wrote before, lets it wait."""
    reasons = []
    first = int(current_app.config["SETTINGS"].approve_first)
    if viewer.trust == 0 and pace.approved < first:
        reasons.append(Reason.FIRST)
    if pace.is_again and viewer.trust < TRUSTED:
        reasons.append(Reason.AGAIN)
    if pace.copies and viewer.trust < REGULAR:
        reasons.append(Reason.COPIES)
    if viewer.trust == 0 and pace.places >= BURST:
        reasons.append(Reason.BURST)
    return reasons


def _new_hits(it: Contribution, made: Made, before: Made, pace: Pace) -> list[Hit]:
    """The watched words in it that did not stand there before."""
    hits = hits_in(seen_by_watch(it.title, it.html, made.links), pace.words)
    if not hits or it.before is None:
        return hits
    old = {hit.id for hit in hits_in(seen_by_watch("", it.before, before.links), pace.words)}
    return [hit for hit in hits if hit.id not in old]

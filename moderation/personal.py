"""What the watch keeps of a person and hands out: what was decided about them is theirs to read."""

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from accounts.kinds import USER
from kernel.db import session
from kernel.personal import Fate, Leaver, Piece, Table, exports, keeps, leaves
from kernel.viewer import Viewer
from moderation.models import (
    Appeal,
    Block,
    Fingerprint,
    Flag,
    HouseRule,
    Review,
    Sanction,
    StaffNote,
    Submission,
    Visit,
    WatchedWord,
)

keeps(
    Sanction.user_id,
    Appeal.user_id,
    Review.author_id,
    Block.user_id,
    what=_l("What moderators decided about you or what you wrote, under which rule, and what you said to that."),
    why=_l("So that you can read and contest it, and it is decided alike the next time."),
    until=_l("For good; without your name once you have gone."),
    fate=Fate.NAMELESS,
    order=70,
)
keeps(
    Flag.user_id,
    Review.decided_by_id,
    Sanction.imposed_by_id,
    Sanction.lifted_by_id,
    Appeal.decided_by_id,
    Block.by_id,
    Block.undone_by_id,
    StaffNote.author_id,
    WatchedWord.added_by_id,
    what=_l("What you flagged, and what you decided as a moderator."),
    why=_l("A decision has somebody who answers for it; whoever it concerns is not told who flagged."),
    until=_l("As long as the decision; without your name once you have gone."),
    fate=Fate.NAMELESS,
    order=71,
)
keeps(
    Submission.author_id,
    Visit.user_id,
    Fingerprint.user_id,
    what=_l("What waits to be approved, on which days you were here, and how quickly you send things in."),
    why=_l("New people are trusted step by step, and floods are noticed."),
    until=_l("Until it is decided; days for as long as they count; or until you delete your account."),
    fate=Fate.REMOVED,
    order=72,
)


@exports("moderation")
def about_me(viewer: Viewer) -> Iterable[Piece]:
    """Decisions about me with the rule, appeals, what I flagged, what waits."""
    rule = (HouseRule.title_en if viewer.locale == "en" else HouseRule.title_zh).label("rule")
    yield Table(
        "moderation-decisions",
        "Decisions about me",
        select(
            Sanction.kind, rule, Sanction.reason, Sanction.created_at, Sanction.ends_at, Sanction.lifted_at,
            Sanction.lift_reason, Appeal.text.label("appeal"), Appeal.outcome, Appeal.answer,
        )
        .outerjoin(HouseRule, HouseRule.id == Sanction.rule_id)
        .outerjoin(Appeal, Appeal.sanction_id == Sanction.id)
        .where(Sanction.user_id == viewer.me),
        key=(Sanction.id,),
    )  # fmt: skip
    yield Table(
        "moderation-reviews",
        "Decisions about what I wrote",
        select(
            Review.why, Review.kind, Review.ref_id, rule, Review.outcome, Review.reason, Review.decided_at,
            Appeal.text.label("appeal"), Appeal.outcome.label("appeal_outcome"), Appeal.answer,
        )
        .outerjoin(HouseRule, HouseRule.id == Review.rule_id)
        .outerjoin(Appeal, Appeal.review_id == Review.id)
        .where(Review.author_id == viewer.me, Review.decided_at.is_not(None)),
        key=(Review.id,),
    )  # fmt: skip
    yield Table(
        "moderation-flags",
        "What I flagged",
        select(Review.kind, Review.ref_id, rule, Flag.note, Flag.created_at)
        .join(Review, Review.id == Flag.review_id)
        .outerjoin(HouseRule, HouseRule.id == Flag.rule_id)
        .where(Flag.user_id == viewer.me),
        key=(Flag.id,),
    )
    yield Table(
        "moderation-submissions",
        "What I sent in and waits, or was not taken",
        select(
            Submission.title, Submission.body, Submission.lang, Submission.state, Submission.created_at,
            Submission.decided_at,
        ).where(Submission.author_id == viewer.me),
        key=(Submission.id,),
    )  # fmt: skip
    yield Table(
        "visits",
        "Days on which I was here",
        select(Visit.day).where(Visit.user_id == viewer.me).order_by(Visit.day),
    )


@leaves("moderation.notes")
def forget_notes(leaver: Leaver, _after: int) -> int | None:
    """What moderators told each other about them."""
    session().execute(delete(StaffNote).where(StaffNote.kind == USER, StaffNote.ref_id == leaver.id))
    return None

"""The watch of the demo town: what was flagged and waits, what was decided, a sanction and an appeal against it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from accounts.models import Grant
from accounts.viewers import viewer_for
from forum.models import Post, Thread
from kernel.clock import standing_at
from kernel.db import session
from kernel.refs import Ref
from kernel.work import unit_of_work
from moderation.actions.appeals import appeal, case_of
from moderation.actions.flags import flag
from moderation.actions.notes import add_note
from moderation.actions.reviews import decide
from moderation.actions.sanctions import impose
from moderation.models import HouseRule, Review, SanctionKind
from moderation.reviewables import Decision, Outcome
from resources.models import Listing, ListingState

POST, LISTING = "forum.post", "resources.listing"


@dataclass(frozen=True, slots=True)
class _Flagged:
    """Which rule it is said to break, in whose words."""

    rule: str
    notes: tuple[str, ...]


FIRST_ANSWERS = (2, 3)

# Flagged and not yet decided, one post each, the oldest first.
WAITING = (
    _Flagged("place", ("这个问题更适合放在检测版块。",)),
    _Flagged("truth", ("The figure is ten times what the paper reports.", "数据和引用的论文对不上。")),
    _Flagged("spam", ("链接指向一家代理公司的报价页。",)),
)
APPEAL = "我回复的是楼主问的供应商，没有推销的意思。链接可以删掉，请恢复其余内容。"


def add_moderation(
    users: dict[str, int], *, moderator: str, steward: str, suspended: Mapping[str, datetime], moment: datetime
) -> None:
    """All of it, through the actions; whoever is `suspended` has been since the time named."""
    rules = {rule.slug: rule.id for rule in session().scalars(select(HouseRule))}
    for handle, since in suspended.items():
        with standing_at(since), unit_of_work():
            impose(
                viewer_for(users[steward]),
                user_id=users[handle],
                kind=SanctionKind.SUSPENSION,
                reason="在多个主题里反复发布同一则广告，警告后仍未停止。",
                rule_id=rules["spam"],
            )
    with standing_at(moment - timedelta(hours=5)), unit_of_work():
        _flag_and_decide(users, rules, moderator=moderator, but={moderator, steward, *suspended})


def _flag_and_decide(users: dict[str, int], rules: dict[str, int], *, moderator: str, but: set[str]) -> None:
    posts = _posts_of(users[moderator])
    members = [user_id for handle, user_id in users.items() if handle not in but]
    for thing, post in zip(WAITING, posts, strict=False):
        raisers = [user_id for user_id in members if user_id != post.author_id]
        for note, user_id in zip(thing.notes, raisers, strict=False):
            flag(viewer_for(user_id), ref=Ref(POST, post.id), rule_id=rules[thing.rule], note=note)
    if len(posts) > len(WAITING):
        _removed(posts[len(WAITING)], users=users, moderator=moderator, by=members[-1], rule_id=rules["spam"])
    _flag_a_listing(members, rule_id=rules["truth"])


def _posts_of(moderator_id: int) -> list[Post]:
    """Answers in the communities that they look after, by others, a few threads apart."""
    held = session().scalars(select(Grant.token).where(Grant.user_id == moderator_id)).all()
    communities = [int(token.partition(":")[2]) for token in held if token.removeprefix("moderator:").isdecimal()]
    query = (
        select(Post)
        .join(Thread, Thread.id == Post.thread_id)
        .where(
            Thread.community_id.in_(communities),
            Thread.alliance_id.is_(None),
            Post.number.in_(FIRST_ANSWERS),
            Post.deleted_at.is_(None),
            Post.author_id.is_not(None),
            Post.author_id != moderator_id,
            Thread.accepted_number.is_(None),
        )
        .order_by(Post.number, Post.id)
    )
    return list(session().scalars(query.limit(len(WAITING) + 1)))


def _removed(post: Post, *, users: dict[str, int], moderator: str, by: int, rule_id: int) -> None:
    """Removed with a warning, a note among moderators, and an appeal that waits."""
    ref = Ref(POST, post.id)
    raiser = by if by != post.author_id else next(one for one in users.values() if one != post.author_id)
    flag(viewer_for(raiser), ref=ref, rule_id=rule_id, note="第三次贴同一个链接了。")
    review = session().scalars(select(Review).where(Review.kind == POST, Review.ref_id == post.id)).one()
    keeper = viewer_for(users[moderator])
    add_note(keeper, ref=ref, scope=review.scope, body="前两次已在帖子里提醒过，没有回应。")
    decide(
        keeper,
        review_id=review.id,
        decision=Decision(Outcome.REMOVE, rule_id=rule_id, reason="", sanction=SanctionKind.WARNING.value),
    )
    appeal(case_of("review", review.id, user_id=post.author_id or 0), text=APPEAL)


def _flag_a_listing(members: list[int], *, rule_id: int) -> None:
    """For the staff."""
    listing = (
        session()
        .scalars(select(Listing).where(Listing.state == ListingState.PUBLISHED).order_by(Listing.id).limit(1))
        .first()
    )
    if listing is not None:
        raiser = next(user_id for user_id in members if user_id != listing.owner_id)
        flag(viewer_for(raiser), ref=Ref(LISTING, listing.id), rule_id=rule_id, note="这台设备去年已经报废了。")

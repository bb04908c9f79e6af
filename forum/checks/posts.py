from collections import defaultdict

from sqlalchemy import Integer, Select, cast, except_, func, select, union_all, update
from sqlalchemy.orm import aliased

from forum.checks.comparing import compare
from forum.models import Poll, PollOption, PollVote, Post, PostRevision, Reaction
from kernel.checks import check
from kernel.db import db, session


@check
def reaction_counts(*, mend: bool) -> list[str]:
    """The reactions that a post shows are those that people gave."""
    each = (func.jsonb_each_text if db.engine.dialect.name == "postgresql" else func.json_each)(Post.reactions)
    pairs = each.table_valued("key", "value", joins_implicitly=True)
    shown = select(Post.id, pairs.c.key.label("name"), cast(pairs.c.value, Integer).label("count")).where(
        cast(pairs.c.value, Integer) != 0
    )
    given = select(Reaction.post_id, Reaction.name, func.count().label("count")).group_by(
        Reaction.post_id, Reaction.name
    )
    differing = union_all(select(except_(shown, given).subquery()), select(except_(given, shown).subquery())).subquery()
    ids = sorted(set(session().scalars(select(differing.c.id))))
    if mend and ids:
        _set_reactions(ids, given.where(Reaction.post_id.in_(select(differing.c.id))))
    return [f"Post {post_id}: the reactions it shows are not those that were given." for post_id in ids]


def _set_reactions(ids: list[int], given: Select[int, str, int]) -> None:
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    for post_id, name, count in session().execute(given):
        counts[post_id][name] = count
    session().execute(update(Post), [{"id": post_id, "reactions": counts[post_id]} for post_id in ids])


@check
def edit_counts(*, mend: bool) -> list[str]:
    """A post was edited as often as it has former texts; those of a purged one are gone."""
    truth = select(PostRevision.post_id, func.count().label("right")).group_by(PostRevision.post_id).subquery()
    return compare(
        Post.edit_count,
        func.coalesce(truth.c.right, 0),
        (truth, truth.c.post_id == Post.id),
        where=[Post.purged_at.is_(None)],
        mend=mend,
    )


@check
def replies(*, mend: bool) -> list[str]:
    """A post answers only posts of its own thread."""
    asked = aliased(Post)
    rows = (
        session()
        .execute(
            select(Post.id, asked.id.label("asked"))
            .join(asked, asked.id == Post.reply_to_id)
            .where(asked.thread_id != Post.thread_id)
            .order_by(Post.id)
        )
        .all()
    )
    if mend and rows:
        session().execute(update(Post), [{"id": row.id, "reply_to_id": None} for row in rows])
    return [f"Post {row.id} answers post {row.asked} of another thread." for row in rows]


@check
def vote_counts(*, mend: bool) -> list[str]:
    """A poll counts the votes for each answer, and every voter once."""
    votes = select(PollVote.option_id, func.count().label("right")).group_by(PollVote.option_id).subquery()
    voters = (
        select(PollOption.poll_id, func.count(func.distinct(PollVote.user_id)).label("right"))
        .join(PollVote, PollVote.option_id == PollOption.id)
        .group_by(PollOption.poll_id)
        .subquery()
    )
    return [
        *compare(
            PollOption.vote_count,
            func.coalesce(votes.c.right, 0),
            (votes, votes.c.option_id == PollOption.id),
            mend=mend,
        ),
        *compare(Poll.voter_count, func.coalesce(voters.c.right, 0), (voters, voters.c.poll_id == Poll.id), mend=mend),
    ]

"""A site with 40,000 posts, the same at every run: synthetic text, one thread of 1,000 replies, fifty members."""

import random
from datetime import timedelta

from sqlalchemy import select, update

from accounts.models import User
from accounts.passwords import hash_password
from activity.models import Follow, Level
from forum.importing.preparing import PreparedPost, PreparedThread
from forum.importing.reading import RawLine
from forum.importing.writing import write_threads
from forum.models import Board, Community, Post, ReadMark, Thread
from kernel.clock import now
from kernel.ids import slug_of
from kernel.markup import cook
from kernel.work import unit_of_work
from seeds import ensure_sectors

POSTS = 40_000
LONG_THREAD = 1_001
MEMBERS = 50
HANDLE, PASSWORD = "bench-01", "a bench by the harbour"
TEXTS = 240
WORDS = (  # noqa: SIM905 - words read better in lines than in a list
    "sample layer signal vessel motor sensor feed valve substrate rotor spectrum batch filter anneal "
    "torque drift baseline membrane coil plate burner gauge solver mesh encoder pump reactor cell wafer "
    "resin alloy measured after before between under the a with without and but because while only about "
    "every second "
).split()


def fill(posts: int = POSTS) -> None:
    """Fill the empty site of this application."""
    dice = random.Random(20_261_123)  # noqa: S311 - the same content at every run
    ensure_sectors()
    texts = [_text(dice) for _ in range(TEXTS)]
    cooked = [cook(text, mentions=False) for text in texts]
    ready = [(text, one.html, one.has_math) for text, one in zip(texts, cooked, strict=True)]
    with unit_of_work() as work:
        boards = list(work.scalars(select(Board.id).order_by(Board.id)))
    threads = [_thread(dice, ready, number=0, posts=LONG_THREAD)]
    left = posts - LONG_THREAD
    while left > 0:
        size = min(left, dice.choice((1, 3, 8, 14, 20, 20, 26, 45)))
        threads.append(_thread(dice, ready, number=len(threads), posts=size))
        left -= size
    batches: dict[int, list[PreparedThread]] = {}
    for place, thread in enumerate(threads):
        batches.setdefault(boards[place % len(boards)], []).append(thread)
    for board_id, batch in batches.items():
        write_threads(batch, board_id=board_id)
    _give_authors()


def _thread(dice: random.Random, ready: list[tuple[str, str, bool]], *, number: int, posts: int) -> PreparedThread:
    began = now() - timedelta(days=400) + timedelta(minutes=190 * number)
    title = _sentence(dice, 9).rstrip(".")
    rows = []
    for place in range(1, posts + 1):
        body, html, has_math = dice.choice(ready)
        rows.append(
            PreparedPost(
                number=place,
                author_name="",
                author_url="",
                lang="en",
                body=body,
                body_format="markdown",
                html=html,
                has_math=has_math,
                created_at=began + timedelta(minutes=7 * place),
                score=0,
                parent=place - 1 if place > 2 and dice.random() < 0.2 else None,  # noqa: PLR2004 - the first reply answers the thread
            )
        )
    values = {
        "kind": "question" if number % 3 == 0 else "discussion",
        "title": title,
        "slug": slug_of(title),
        "lang": "en",
        "created_at": rows[0].created_at,
        "last_post_at": rows[-1].created_at,
        "post_count": posts,
        "live_post_count": posts,
        "accepted_number": 2 if number % 6 == 0 and posts > 1 else None,
        "has_math": any(row.has_math for row in rows),
        "source_id": f"bench:{number}",
    }
    tags = dice.sample(WORDS[:30], 3)
    return PreparedThread(RawLine(number + 1, b""), f"bench:{number}", values, tags, rows)


def _sentence(dice: random.Random, words: int) -> str:
    return " ".join(dice.choice(WORDS) for _ in range(words)).capitalize() + "."


def _paragraph(dice: random.Random) -> str:
    return " ".join(_sentence(dice, dice.randint(6, 16)) for _ in range(dice.randint(2, 5)))


def _text(dice: random.Random) -> str:
    """A post of the length that posts have: a few paragraphs, now and then a list, a table, code or a formula."""
    parts = [_paragraph(dice) for _ in range(dice.randint(1, 4))]
    extra = dice.random()
    if extra < 0.15:  # noqa: PLR2004 - shares of what posts contain
        parts.append("\n".join(f"- {_sentence(dice, 6)}" for _ in range(4)))
    elif extra < 0.25:  # noqa: PLR2004 - see above
        parts.append("```python\nfor row in rows:\n    total += row.value * 0.5\nprint(total)\n```")
    elif extra < 0.32:  # noqa: PLR2004 - see above
        parts.append("| run | value |\n|---|---:|\n| 1 | 0.42 |\n| 2 | 0.44 |\n| 3 | 0.40 |")
    elif extra < 0.4:  # noqa: PLR2004 - see above
        parts.append("With $x = K\\sqrt{t}$ this gives **4.1 mm** after *one* day.")
    return "\n\n".join(parts)


def _give_authors() -> None:
    """Members in place of names; the first of them follows and has read some, and is who signs in."""
    password_hash = hash_password(PASSWORD)
    with unit_of_work() as work:
        members = [
            User(
                handle=f"bench-{number:02}",
                email=f"bench-{number:02}@example.cn",
                email_confirmed_at=now(),
                password_hash=password_hash,
                display_name=f"Member {number}",
                locale="en",
                affiliation="Bench Works",
                trust_level=2,
            )
            for number in range(1, MEMBERS + 1)
        ]
        work.add_all(members)
        work.flush()
        first = min(member.id for member in members)
        quick = {"synchronize_session": False}
        work.execute(update(Post).values(author_id=first + (Post.id * 7919) % MEMBERS).execution_options(**quick))
        work.execute(
            update(Thread)
            .values(author_id=first + (Thread.id * 7919) % MEMBERS, last_author_id=first + Thread.id % MEMBERS)
            .execution_options(**quick)
        )
        me = min(members, key=lambda member: member.id)
        for community_id in work.scalars(select(Community.id).limit(3)):
            work.add(Follow(user_id=me.id, kind="forum.community", ref_id=community_id, level=Level.TRACKING))
        for thread_id, count in work.execute(select(Thread.id, Thread.post_count).where(Thread.id % 3 == 0)):
            work.add(ReadMark(user_id=me.id, thread_id=thread_id, number=max(1, count // 2)))
        for community_id in list(work.scalars(select(Community.id).limit(3))):
            work.execute(
                update(Community).where(Community.id == community_id)
                .values(follower_count=Community.follower_count + 1).execution_options(**quick)
            )  # fmt: skip

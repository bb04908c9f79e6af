"""From what was typed to what is shown: checks every text of the forum passes, and the people it names."""

from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select

from accounts.models import User
from kernel.db import session
from kernel.errors import InvalidError
from kernel.markup import Cooked, cook
from kernel.texts import clean_body, clean_line, composed

LONGEST_TITLE = 200
LONGEST_BODY = 60_000
MOST_TAGS = 5
LONGEST_TAG = 40


def known_people(handles: set[str]) -> set[str]:
    """Which of these handles belong to somebody."""
    if not handles:
        return set()
    return set(session().scalars(select(User.handle).where(User.handle.in_(sorted(handles)))))


def cook_post(body: str) -> Cooked:
    """The cooked form of a post by a member, mentions linked."""
    return cook(body, known_people=known_people)


def preview(body: str | None) -> Markup:
    """What a text would look like; for pages without script."""
    return Markup(cook_post(clean_body(body or "")).html)  # noqa: S704 - cooked and sanitised


def clean_tag(text: str) -> str:
    """A tag: lower case, white space as hyphens, no separators."""
    line = clean_line(composed(text, "NFKC")).casefold().strip("#,，、; ")
    return "-".join(line.replace("/", " ").replace("?", " ").replace("%", " ").replace("\\", " ").split())[:LONGEST_TAG]


def check_title(title: str) -> str:
    """The title as it will be kept; raises `InvalidError` on field `title`."""
    title = clean_line(title)
    if len(title) < 4:  # noqa: PLR2004 - 你好吗？ is four characters, and the shortest title that says something
        raise InvalidError(
            _("The title is too short to say anything."), errors={"title": _("At least four characters.")}
        )
    if len(title) > LONGEST_TITLE:
        raise InvalidError(
            _("The title is too long."),
            errors={"title": _("At most %(count)s characters.", count=LONGEST_TITLE)},
        )
    return title


def check_body(body: str) -> str:
    """The text as it will be kept; raises `InvalidError` on field `body`."""
    body = clean_body(body)
    if not body.strip():
        raise InvalidError(_("There is no text."), errors={"body": _("Write something first.")})
    if len(body) > LONGEST_BODY:
        raise InvalidError(
            _("The text is too long."),
            errors={"body": _("At most %(count)s characters.", count=LONGEST_BODY)},
        )
    return body


def check_tags(tags: list[str]) -> list[str]:
    """The tags as they will be kept, each once; raises `InvalidError` on field `tags`."""
    cleaned = list(dict.fromkeys(tag for tag in (clean_tag(text) for text in tags) if tag))
    if len(cleaned) > MOST_TAGS:
        raise InvalidError(
            _("There are too many tags."), errors={"tags": _("At most %(count)s tags.", count=MOST_TAGS)}
        )
    return cleaned

"""What every page of an alliance is given: where it stands, the ways into its parts, and the words."""

from datetime import datetime
from typing import Any

from flask import render_template
from flask_babel import gettext as _

from alliances.here import Here
from alliances.models import State
from alliances.proposal_titles import title_lang, title_of
from alliances.words import name_of
from kernel.i18n import zone
from kernel.web import current_viewer


def alliance_page(template: str, here: Here, *, tab: str = "", **facts: Any) -> str:
    """A page inside the frame of this alliance; `tab` is the part that it belongs to."""
    return render_template(
        template,
        here=here,
        tab=tab,
        ways=ways_into(here),
        word=word,
        local=local,
        title_of=title_of,
        title_lang=title_lang,
        **facts,
    )


def word(section: str, code: str) -> str:
    """The name of a code in the viewer's language."""
    return name_of(section, code, current_viewer().locale)


def local(moment: datetime, timezone: str) -> datetime:
    """The same instant as the clock there shows it."""
    return moment.astimezone(zone(timezone))


def ways_into(here: Here) -> list[tuple[str, str, str, int | None]]:
    """The parts that this viewer may open: name, label, address, and no count."""
    url = here.alliance.url
    ways: list[tuple[str, str, str, int | None]] = [
        ("overview", _("Overview"), url, None),
        ("charter", _("Charter"), f"{url}/charter", None),
        ("members", _("Members"), f"{url}/members", None),
    ]
    if here.alliance.state not in (State.DRAFT, State.LAPSED):
        if here.is_inside:
            ways.append(("decisions", _("Decisions"), f"{url}/proposals", None))
        ways += [
            ("documents", _("Documents"), f"{url}/documents", None),
            ("events", _("Events"), f"{url}/events", None),
            ("calls", _("Calls"), f"{url}/calls", None),
        ]
    if here.is_inside:
        ways += [
            ("milestones", _("Milestones"), f"{url}/milestones", None),
            ("log", _("Log"), f"{url}/log", None),
        ]
    return ways

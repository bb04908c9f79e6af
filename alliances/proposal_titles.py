"""What a proposal is called: as its author wrote it, or, of a vote on something of the alliance, in the reader's words.

Such a vote keeps no sentence but the names that one is made of (`about`), as they were when it opened: what is voted on
stays as it is, and a document that is renamed for the council tells the members nothing.
"""

from collections.abc import Mapping
from typing import Any

from flask_babel import get_locale
from sqlalchemy import Row

from alliances.models import Matter, Proposal
from alliances.parties import PartyFacts
from kernel.i18n import LANG_TAGS, LOCALES, speaking
from kernel.words import gettext as _

Titled = Proposal | Row[Any]  # a row has `TITLE` among its columns
TITLE = (Proposal.title, Proposal.matter, Proposal.about, Proposal.lang)


def title_of(proposal: Titled) -> str:
    """In the language that is spoken at the moment."""
    return proposal.title if proposal.about is None else _sentence(proposal.matter, proposal.about)


def title_lang(proposal: Titled) -> str:
    """The language that the title is in, as HTML names it."""
    return proposal.lang if proposal.about is None else LANG_TAGS.get(str(get_locale()), proposal.lang)


def every_title(proposal: Titled) -> str:
    """In all languages of the site, to be found in any."""
    if proposal.about is None:
        return proposal.title
    said = []
    for locale in LOCALES:
        with speaking(locale):
            said.append(title_of(proposal))
    return " · ".join(said)


def as_facts(proposal: Titled) -> dict[str, Any]:
    """For a line of the log, which never changes: what the title is made of."""
    named = {"title": proposal.title} if proposal.about is None else {"about": proposal.about}
    return {**named, "matter": proposal.matter}


def title_in_facts(facts: Mapping[str, Any]) -> str | None:
    """The title out of a line of the log, if it is one on a vote."""
    about = facts.get("about")
    return _sentence(str(facts.get("matter")), about) if isinstance(about, dict) else facts.get("title")


def ways_to(proposal: Proposal, alliance_url: str) -> list[tuple[str, str]]:
    """What one reads before one votes: names and addresses."""
    match Matter(proposal.matter), proposal.about:
        case Matter.CHARTER, {"number": number, "before": before}:
            text = f"{alliance_url}/charter/{number}"
            return [(_("The new text"), text), (_("What changes"), f"{text}/differences/{before}")]
        case Matter.DOCUMENT, {"document": document, "number": number}:
            return [(_("The text"), f"{alliance_url}/documents/{document}?version={number}")]
        case Matter.AWARD, {"call_id": call}:
            return [(_("The call"), f"{alliance_url}/calls/{call}")]
        case Matter.TIME, {"event": event}:
            return [(_("The event"), f"{alliance_url}/events/{event}")]
    return []


def naming(party: PartyFacts | None) -> dict[str, Any]:
    """A party, so that a title can name it in either language."""
    return {"name": party.name, "name_en": party.name_en} if party else {"name": "…", "name_en": ""}


def _sentence(matter: str, about: Mapping[str, Any]) -> str:
    said = {**about, "name": _name(about)}
    patterns = {
        Matter.CHARTER: _("Charter, version %(number)s"),
        Matter.DOCUMENT: _("Adopt “%(title)s”, version %(number)s"),
        Matter.AWARD: _("Award “%(call)s” to %(team)s"),
        Matter.TIME: _("When: %(title)s"),
        Matter.ADMISSION: _("Admission: %(name)s"),
        Matter.EXPULSION: _("Expulsion: %(name)s"),
        Matter.DISSOLUTION: _("Dissolution: %(name)s"),
    }
    return patterns[Matter(matter)] % said


def _name(about: Mapping[str, Any]) -> str:
    is_chinese = str(get_locale()).startswith("zh")
    return str(about.get("name", "") if is_chinese else about.get("name_en") or about.get("name", ""))

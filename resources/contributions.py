"""What is offered and looked for, and what is written about it, as the watch looks at it."""

from kernel.markup import cook
from kernel.refs import Ref
from kernel.viewer import PUBLIC, STAFF, Viewer
from moderation.contributions import Contribution
from moderation.gate import pass_gate, screen
from resources.models import Listing, Need, Visibility
from resources.offers import Offer

LISTING, NEED = "resources.listing", "resources.need"
PUBLISH_LISTING, PUBLISH_NEED = "resources.publish-listing", "resources.publish-need"


def waits_as_draft(viewer: Viewer, thing: Listing | Need) -> bool:
    """Ask the gate before a draft is published for the first time; what has to wait stays one until it is approved."""
    is_listing = isinstance(thing, Listing)
    ref = Ref(LISTING if is_listing else NEED, thing.id)
    it = Contribution(
        verb=PUBLISH_LISTING if is_listing else PUBLISH_NEED,
        payload={"id": thing.id, "said": [thing.title, said_by(thing)]},
        place=ref,
        audience=thing.audience if isinstance(thing, Listing) else PUBLIC * (thing.visibility == Visibility.PUBLIC),
        scope=STAFF,
        title=thing.title,
        body=said_by(thing),
        html=cook(said_by(thing)).html,
        field="body" if is_listing else "teaser",
        is_alone=True,
    )
    passage = pass_gate(viewer, it)
    passage.published(ref, it, author_id=viewer.me)
    return passage.submission is not None


def said_by(thing: Listing | Offer | Need) -> str:
    """All of its text that everybody will read, in one piece; what a need opens to its chosen ones is theirs."""
    if isinstance(thing, Need):
        parts = [thing.teaser, *([thing.problem, thing.constraints, thing.tried] if thing.is_full_shown else [])]
    else:
        parts = [thing.summary, thing.body, thing.access_url and f"<{thing.access_url}>", thing.tariff, *_facts(thing)]
    return "\n\n".join(part for part in parts if part)


def screen_change(viewer: Viewer, thing: Listing | Need, *, title: str, now: str, before: str) -> None:
    """Another text for what was public already: it is taken, or refused."""
    is_listing = isinstance(thing, Listing)
    screen(
        viewer,
        Contribution(
            verb="",
            payload={},
            place=Ref(LISTING if is_listing else NEED, thing.id),
            audience=PUBLIC if is_listing else thing.audience,
            scope=STAFF,
            title=title,
            body=now,
            html=cook(now).html,
            before=cook(before).html,
            field="body" if is_listing else "teaser",
        ),
    )


def screen_words(viewer: Viewer, place: Ref, body: str, *, field: str, is_new: bool) -> None:
    """What one person writes to another: nobody else reads it, but it has its limits."""
    it = Contribution("", {}, place, PUBLIC, STAFF, body=body, html=cook(body).html, field=field)
    screen(viewer, it, is_new=is_new, is_public=False)


def _facts(thing: Listing | Offer) -> list[str]:
    return [str(value) for value in thing.facts.values() if isinstance(value, str)]

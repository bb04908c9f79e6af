"""What people and organisations say of themselves: it cannot wait, so it is taken or refused as it is said."""

from markupsafe import escape

from accounts.events import TextOffered
from kernel.errors import InvalidError
from kernel.events import subscribe
from kernel.markup import cook
from kernel.viewer import PUBLIC, STAFF
from kernel.words import gettext as _
from moderation.contributions import Contribution
from moderation.gate import is_free, screen
from moderation.limits import limits_of
from moderation.texts import made_of


@subscribe(TextOffered)
def look_at_text(event: TextOffered) -> None:
    """Refuse it field by field; newcomers have no links in their profile."""
    viewer = event.viewer
    html, before = (cook(text).html if text else "" for text in (event.text, event.text_before))
    if event.is_profile and not is_free(viewer) and not limits_of(viewer).profile_links:
        errors = {}
        if made_of(html).beyond(made_of(before)).links:
            errors[event.field] = _no_links()
        if event.website and event.website != event.website_before:
            errors["website"] = _no_links()
        if errors:
            raise InvalidError(_("Please look at the marked fields."), errors=errors)
    is_new_site = event.website != event.website_before and not event.is_profile
    site = f'<a href="{escape(event.website)}"></a>' if event.website and is_new_site else ""
    screen(
        viewer,
        Contribution(
            verb="",
            payload={},
            place=event.ref,
            audience=PUBLIC,
            scope=STAFF,
            title=event.title,
            body=event.text,
            html=html + site,
            before=before,
            field=event.field,
        ),
    )


def _no_links() -> str:
    return _("Links in one’s profile come with the first level of trust; see “How trust grows”.")

"""Who may do what with listings, and beside it what may be seen."""

from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, or_, select

from accounts.models import User
from accounts.policy.organisations import editor_token
from kernel.policy import ALLOWED, Denied, Door, Verdict, rule
from kernel.viewer import Viewer
from resources.in_name_of import edited_by
from resources.models import Listing, ListingState


class ListingRight(StrEnum):
    """Every deed around listings that somebody may or may not do."""

    READ = "listing.read"
    OFFER = "listing.offer"
    EDIT = "listing.edit"
    CHANGE_STATE = "listing.change-state"
    IMPORT = "listing.import"


def on_the_shelf(viewer: Viewer) -> ColumnElement[bool]:
    """What lists, counts, feeds and search show to this viewer: published, and of an audience they hold."""
    return and_(Listing.state == ListingState.PUBLISHED, Listing.audience.in_(sorted(viewer.audience)))


def is_offered(viewer: Viewer) -> ColumnElement[bool]:
    """What is on the shelf for this viewer, of an owner who is not shut out: for whoever does not join the owner."""
    owner = select(User.id).where(User.id == Listing.owner_id, User.suspended_at.is_(None))
    return and_(on_the_shelf(viewer), owner.correlate(Listing).exists())


def visible_listings(viewer: Viewer) -> ColumnElement[bool]:
    """What this viewer may open: what is on the shelf, and whatever is their own; the staff what is not a draft."""
    if not viewer.signed_in:
        return is_offered(viewer)
    if viewer.is_staff:
        return or_(Listing.state != ListingState.DRAFT, is_of(viewer))
    return or_(is_offered(viewer), is_of(viewer))


def is_of(viewer: Viewer) -> ColumnElement[bool]:
    """What the viewer looks after: their own, and what organisations offer that they edit."""
    edited = edited_by(viewer)
    own = Listing.owner_id == viewer.user_id
    return or_(own, Listing.organisation_id.in_(edited)) if edited else own


def is_theirs(viewer: Viewer, listing: Listing) -> bool:
    """The same of one."""
    if listing.owner_id == viewer.user_id:
        return True
    return listing.organisation_id is not None and editor_token(listing.organisation_id) in viewer.audience


@rule(ListingRight.READ, door=Door.ANYONE)
def _read(_viewer: Viewer, _subject: object) -> Verdict:
    return ALLOWED  # what is read is scoped by `visible_listings`


@rule(ListingRight.OFFER, door=Door.SPEAKER)
def _offer(_viewer: Viewer, _subject: object) -> Verdict:
    return ALLOWED


@rule(ListingRight.EDIT, door=Door.SPEAKER)
def _edit(viewer: Viewer, listing: Listing) -> Verdict:
    if not is_theirs(viewer, listing):
        return Denied(_("Only whoever offers it changes a listing."))
    return ALLOWED


@rule(ListingRight.CHANGE_STATE, door=Door.MEMBER)
def _change_state(viewer: Viewer, listing: Listing) -> Verdict:
    if not is_theirs(viewer, listing) and not viewer.is_staff:
        return Denied(_("Only whoever offers it, and the staff, take a listing down or put it up again."))
    return ALLOWED


@rule(ListingRight.IMPORT, door=Door.SPEAKER)
def _import(_viewer: Viewer, _subject: object) -> Verdict:
    return ALLOWED

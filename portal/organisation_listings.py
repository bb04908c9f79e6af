from sqlalchemy import and_, or_, select

from accounts.models import OrganisationSeat, SeatState
from kernel.db import session
from kernel.viewer import Viewer
from resources.models import Listing
from resources.queries.listing_rows import ListingRow, rows_query
from resources.queries.listings import Filters, is_listed, with_pictures


def listings_of_organisation(viewer: Viewer, organisation_id: int, *, limit: int) -> list[ListingRow]:
    """What is offered in its name, and what those who hold a seat in it offer in theirs, the newest first."""
    seated = select(OrganisationSeat.user_id).where(
        OrganisationSeat.organisation_id == organisation_id, OrganisationSeat.state == SeatState.ACTIVE
    )
    of_its_people = and_(Listing.organisation_id.is_(None), Listing.owner_id.in_(seated))
    its_own = Listing.organisation_id == organisation_id
    query = rows_query().where(or_(its_own, of_its_people), is_listed(viewer, Filters()))
    rows = session().execute(query.order_by(Listing.published_at.desc(), Listing.id.desc()).limit(limit)).all()
    return with_pictures(viewer, rows)

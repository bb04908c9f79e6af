from activity.actions import notify, take_back_notices
from activity.models import Notice
from activity.sentences import sentence_for
from kernel.events import subscribe
from kernel.refs import Ref
from kernel.words import gettext as _
from resources.events import STILL_TRUE, TAKEN_DOWN, ListingTakenDown
from resources.kinds.listings import LISTING


@subscribe(ListingTakenDown)
def tell_owner(event: ListingTakenDown) -> None:
    """The owner hears what the staff did; done again, it is told again."""
    if not event.by_staff:
        return
    ref = Ref(LISTING, event.listing_id)
    take_back_notices(ref, event=TAKEN_DOWN)
    audience = f"user:{event.owner_id}"
    notify({event.owner_id: "my-listing"}, event=TAKEN_DOWN, actor_id=None, ref=ref, place=ref, audience=audience)


@sentence_for(STILL_TRUE)
def _still_true(_notice: Notice, _name: str) -> str:
    return _("A year has passed: is this listing of yours still true?")


@sentence_for(TAKEN_DOWN)
def _taken_down(_notice: Notice, _name: str) -> str:
    return _("The staff took your listing off the shelf")

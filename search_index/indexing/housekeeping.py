"""What is done now and then beside following: old indexes removed, old changes dropped from the feed."""

from kernel.work import unit_of_work
from search_index.indexing import choosing, locking, places, replicas
from search_index.indexing.places import Pointer

GRACE = 10.0  # a search that began before the swap ends within it; one that does not asks the new index


def keep_house(here: Pointer) -> None:
    """Drop what nobody needs any more."""
    with unit_of_work():
        replicas.prune()
    sweep(here)


def sweep(here: Pointer, *, grace: float = GRACE) -> None:
    """Remove the indexes that answer no more, unless somebody is building one at this moment."""
    with locking.lock("builder") as held:
        if held is None or places.pointer() != here or places.age_of_pointer() < grace:
            return
        places.sweep(keep={here.place})
        if choosing.is_shared():
            for place in places.former(here.place):
                choosing.drop_shared(place)
        with unit_of_work():
            replicas.forget(f"{places.replica_name()}.building")

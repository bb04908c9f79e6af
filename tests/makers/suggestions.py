"""The table of suggestions for tests, made inside their own transaction."""

from kernel.work import unit_of_work
from search_index import suggestions
from search_index.documents import every_key


def offer_everything() -> None:
    """Bring what is offered up to what is in the database now."""
    with unit_of_work():
        suggestions.apply(list(every_key()))

"""What search keeps of a person: the searches they saved, and what these found."""

from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from kernel.errors import GuildhallError
from kernel.personal import Fate, Piece, Report, Source, Table, exports, imports, keeps
from kernel.viewer import Viewer
from kernel.words import gettext as _
from search_index.asking import Asked
from search_index.saved import LONGEST_ADDRESS, my_ids, save
from search_index.tables import SavedSearch

keeps(
    SavedSearch.user_id,
    what=_l("Searches that you saved. What you merely look for is not kept with your name."),
    why=_l("So that you are told of what they find later."),
    until=_l("Until you let go of them, or delete your account."),
    fate=Fate.REMOVED,
    order=24,
)


@exports("search")
def my_searches(viewer: Viewer) -> Iterable[Piece]:
    """Each with its name and address."""
    yield Table(
        "saved-searches",
        "Searches that I saved",
        select(SavedSearch.name, SavedSearch.address, SavedSearch.notifies, SavedSearch.created_at)
        .where(SavedSearch.user_id == viewer.me)
        .order_by(SavedSearch.id),
    )


@imports("saved-searches")
def take_searches(viewer: Viewer, source: Source, report: Report) -> Iterator[int]:
    """The same words are looked for here; one that is saved already stays as it is."""
    for row in source.rows("saved-searches"):
        address, name, notifies = row.get("address"), row.get("name"), row.get("notifies")
        if isinstance(address, str) and len(address) < LONGEST_ADDRESS:
            before = len(my_ids(viewer))
            try:
                asked = Asked.of(dict(parse_qsl(address)))
                save(viewer, asked=asked, name=name if isinstance(name, str) else "", notifies=notifies is True)
            except GuildhallError as refusal:
                report.skip(str(name or _("A saved search")), refusal.detail)
            else:
                (report.took if len(my_ids(viewer)) > before else report.knew)("searches")
        yield 1

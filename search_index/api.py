"""Search, suggestions and saved searches over the API."""

from dataclasses import replace
from urllib.parse import parse_qsl

from kernel.api import Answer, PageQuery, endpoint, link, room
from kernel.limits import SEARCHING, SMALL_DEEDS
from kernel.policy import Door
from kernel.viewer import Viewer
from search_index import saved
from search_index.asking import Asked
from search_index.documents import fold_label
from search_index.engine import FACETS, Filter
from search_index.policy import SearchRight
from search_index.schemas import (
    HitShown,
    SavedSearchChange,
    SavedSearchGiven,
    SavedSearchList,
    SavedSearchShown,
    SearchQuery,
    SearchResults,
    SuggestionList,
    SuggestionQuery,
    SuggestionShown,
)
from search_index.searching import find
from search_index.suggest import offers


@endpoint(
    room,
    "GET",
    "/search",
    may=Door.ANYONE,
    query=SearchQuery,
    answers={200: SearchResults},
    limit=SEARCHING,
    refusals=(429,),
)
def search(viewer: Viewer, *, query: SearchQuery) -> SearchResults:
    """Everything that you may see and that answers the words, in order of relevance or time, with counts by facet."""
    asked = Asked.of({name: str(value) for name, value in query.model_dump().items() if value})
    parsed = asked.parsed()
    wanted = query.narrowed(parsed.query)
    if query.author:
        wanted = replace(wanted, filters=(*wanted.filters, Filter("author", frozenset({fold_label(query.author)}))))
    found = find(viewer, wanted, limit=query.limit, cursor=query.cursor, facets=FACETS)
    return SearchResults(
        items=[HitShown.of(one, parsed) for one in found.finds],
        next=found.next,
        total=found.total,
        facets={name: dict(counts) for name, counts in found.facets.items()},
        is_building=found.is_building,
    )


@endpoint(
    room,
    "GET",
    "/search/suggestions",
    may=Door.ANYONE,
    query=SuggestionQuery,
    answers={200: SuggestionList},
    limit=SEARCHING,
    refusals=(429,),
)
def search_suggestions(viewer: Viewer, *, query: SuggestionQuery) -> SuggestionList:
    """What may be meant by the first letters of a title, a name, a tag, or of their pinyin."""
    return SuggestionList(items=[SuggestionShown.of(offer) for offer in offers(viewer, query.q)])


@endpoint(room, "GET", "/searches", may=SearchRight.SAVE, query=PageQuery, answers={200: SavedSearchList})
def saved_searches(viewer: Viewer, *, query: PageQuery) -> SavedSearchList:
    """The searches that you keep, newest first."""
    page = saved.my_searches(viewer, cursor=query.cursor, limit=query.limit)
    return SavedSearchList(items=[SavedSearchShown.of(row) for row in page.items], next=page.next)


@endpoint(room, "POST", "/searches", may=SearchRight.SAVE, body=SavedSearchGiven, answers={201: SavedSearchShown})
def post_saved_search(viewer: Viewer, *, body: SavedSearchGiven) -> Answer:
    """Keep a search, and be told when it finds something new; one that you keep already is answered as it is."""
    asked = Asked.of(dict(parse_qsl(body.address.removeprefix("/search?"))))
    row = saved.save(viewer, asked=asked, name=body.name, notifies=body.notifies)
    return Answer(SavedSearchShown.of(row), 201, link(f"/api/v1/searches/{row.id}"))


@endpoint(room, "GET", "/searches/<int:search_id>", may=SearchRight.SAVE, answers={200: SavedSearchShown})
def saved_search(viewer: Viewer, *, search_id: int) -> SavedSearchShown:
    """One that you keep."""
    return SavedSearchShown.of(saved.mine(viewer, search_id))


@endpoint(
    room,
    "PATCH",
    "/searches/<int:search_id>",
    may=SearchRight.SAVE,
    body=SavedSearchChange,
    answers={200: SavedSearchShown},
    limit=SMALL_DEEDS,
)
def patch_saved_search(viewer: Viewer, *, search_id: int, body: SavedSearchChange) -> SavedSearchShown:
    """Call it otherwise, or say whether you want to be told."""
    return SavedSearchShown.of(saved.change(viewer, search_id=search_id, name=body.name, notifies=body.notifies))


@endpoint(room, "DELETE", "/searches/<int:search_id>", may=SearchRight.SAVE, answers={204: None})
def delete_saved_search(viewer: Viewer, *, search_id: int) -> None:
    """Keep it no longer."""
    saved.let_go(viewer, search_id=search_id)

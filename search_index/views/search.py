from flask import jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue

from kernel.limits import NOTING, SEARCHING, TYPING, limiter
from kernel.policy import Door
from kernel.rooms import is_fragment
from kernel.web import current_viewer
from search_index.answering import answer
from search_index.asking import LONGEST_SHOWN, Asked
from search_index.facets import ONE, labels_of
from search_index.misses import note_miss
from search_index.room import room
from search_index.similar import similar
from search_index.suggest import offers


@room.page("/search", may=Door.ANYONE)
@limiter.limit(SEARCHING)
def search() -> ResponseReturnValue:
    """One field over everything; what is typed and chosen stands in the address. A fragment is the answer alone."""
    viewer = current_viewer()
    asked = Asked.of(request.args)
    answered = answer(
        viewer,
        asked,
        cursor=request.args.get("cursor"),
        literally=bool(request.args.get("literally")),
        is_unfinished=bool(request.args.get("typing")),
    )
    body = render_template(
        "search/_answer.html" if is_fragment() else "search/search.html",
        asked=asked,
        answer=answered,
        shown_text=asked.text[:LONGEST_SHOWN],
        kinds=labels_of(viewer, ONE, answered.kinds),
        is_continued="cursor" in request.args,
    )
    response = make_response(body)
    response.vary.add("HX-Request")  # the same address is a page and a fragment: neither is kept for the other
    return response


@room.page("/search/suggestions", may=Door.ANYONE)
@limiter.limit(TYPING)
def suggestions() -> ResponseReturnValue:
    """What somebody may be typing."""
    viewer = current_viewer()
    found = offers(viewer, request.args.get("q", "")[:80])
    labels = labels_of(viewer, ONE, {offer.kind for offer in found})
    return jsonify([{"label": one.label, "url": one.url, "kind": labels[one.kind], "lang": one.lang} for one in found])


@room.page("/search/similar", may=Door.ANYONE)
@limiter.limit(TYPING)
def similar_threads() -> ResponseReturnValue:
    """Threads that ask nearly the same as the title that somebody types."""
    rows = similar(current_viewer(), request.args.get("title", "")[:300])
    return render_template("search/_similar.html", similar=rows)


@room.page("/search/misses", may=Door.ANYONE, methods=("POST",), form_token=False)
@limiter.limit(NOTING)
def miss() -> ResponseReturnValue:
    """The page tells that it found nothing; the report for the operator counts it, and nobody's name."""
    note_miss(current_viewer(), Asked.of(request.form))
    return "", 204

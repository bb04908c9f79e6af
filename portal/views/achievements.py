"""The gallery of achievements, and what is put of them into the pages of threads and records."""

from collections.abc import Mapping
from urllib.parse import urlencode

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from accounts.places import place_name, regions
from accounts.sectors import sectors
from forum.models.thread import ThreadKind
from forum.policy import ForumRight
from forum.queries.rows import ThreadView
from kernel.slots import fill
from kernel.viewer import Viewer
from kernel.web import current_viewer
from portal import achievement_lists as lists
from portal.achievement_lists import Awards, Wanted
from portal.achievement_rows import card_of
from portal.achievement_words import cooperations, ip_statuses, levels, trls
from portal.room import room


@room.page("/achievements", may=ForumRight.READ)
def achievements() -> ResponseReturnValue:
    """All of them, or those with an award by year, narrowed by what their cards say."""
    viewer = current_viewer()
    wanted = Wanted.from_args(request.args)
    page = lists.achievement_page(viewer, wanted, cursor=request.args.get("cursor"))
    return render_template(
        "portal/achievements.html",
        page=page,
        wanted=wanted,
        facets=_facets(viewer, lists.awards(viewer)),
        chips=_chips(viewer, wanted),
        places={row.place: place_name(row.place, viewer.locale) for row in page.items},
        **_words(viewer),
    )


@fill("thread.card")
def show_card(viewer: Viewer, view: ThreadView) -> Markup | None:
    """The card of an achievement, above its text; whoever may write there can change it, or give it one."""
    if view.thread.kind != ThreadKind.ACHIEVEMENT:
        return None
    may_change = view.may_moderate or (view.may_reply and view.thread.author.id == viewer.user_id)
    row = card_of(viewer, view.thread.id)
    if row is None and not may_change:
        return None
    page = render_template(
        "portal/achievement_card.html",
        row=row,
        thread_id=view.thread.id,
        may_change=may_change,
        place_name=place_name(row.place, viewer.locale) if row else "",
        **_words(viewer),
    )
    return Markup(page)  # noqa: S704 - rendered by a template that escapes


@fill("record.shown")
def show_threads(viewer: Viewer, record_id: int) -> Markup | None:
    """Where the work of a record was shown, on the record's page."""
    threads = lists.achievements_of_record(viewer, record_id)
    if not threads:
        return None
    return Markup(render_template("portal/achievement_links.html", threads=threads))  # noqa: S704 - the same


def _words(viewer: Viewer) -> dict[str, object]:
    return {
        "trls": trls(viewer.locale),
        "ip_statuses": ip_statuses(viewer.locale),
        "cooperations": cooperations(),
        "levels": levels(),
    }


def _facets(viewer: Viewer, awards: Awards) -> list[tuple[str, str, Mapping[str, str]]]:
    """What can be chosen: the name of each filter, its words, and its values with theirs."""
    return [
        ("year", _("Year of the award"), {str(year): str(year) for year in awards.years}),
        ("level", _("Level"), levels()),
        ("award", _("Award"), {name: name for name in awards.names}),
        ("sector", _("Sector"), sectors(viewer.locale)),
        ("region", _("Region"), regions(viewer.locale)),
        ("trl", _("Maturity, at least"), trls(viewer.locale)),
        ("cooperation", _("Cooperation wanted"), cooperations()),
    ]


def _chips(viewer: Viewer, wanted: Wanted) -> list[tuple[str, str]]:
    """Each filter in words, with the address without it."""
    words = {
        "year": wanted.year,
        "level": levels().get(wanted.level, ""),
        "award": wanted.award,
        "sector": sectors(viewer.locale).get(wanted.sector, ""),
        "region": place_name(wanted.region, viewer.locale) or wanted.region,
        "trl": _("TRL %(level)s and up", level=wanted.trl),
        "cooperation": cooperations().get(wanted.cooperation, ""),
        "record": _("With a registered record"),
    }
    given = wanted.given
    return [
        (words[name], "/achievements?" + urlencode({key: value for key, value in given.items() if key != name}))
        for name in given
        if name in words
    ]

"""What an alliance of the demo town writes, meets about and calls for."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from alliances.actions import attending, bids, calls, documents, events, milestones, scoring
from alliances.call_text import BidFacts, CallFacts, Criterion
from alliances.event_text import EventFacts
from alliances.models import Call
from kernel.clock import now
from kernel.db import session
from kernel.i18n import zone
from seeds.alliance_scenes import Scene, bid_of, call_titled, document_titled, event_titled, group_named, party_named

CHINA = "Asia/Shanghai"


def _document(scene: Scene, *, group: str = "", **facts: Any) -> None:
    group_id = group_named(scene, group) if group else None
    documents.write_document(scene.viewer, slug=scene.slug, group_id=group_id, **facts)


def _revise(scene: Scene, *, title: str, body: str, comment: str, files_it: bool = False) -> None:
    document = document_titled(scene, title)
    documents.save_version(
        scene.viewer,
        slug=scene.slug,
        document_id=document.id,
        base=document.latest_number,
        body=body,
        comment=comment,
        files_it=files_it,
    )


def _adopt(scene: Scene, *, title: str, words: str = "") -> None:
    document = document_titled(scene, title)
    documents.put_to_adoption(
        scene.viewer, slug=scene.slug, document_id=document.id, number=document.latest_number, words=words
    )


def _plan(
    scene: Scene,
    *,
    in_days: float = 0,
    hours: float = 2,
    poll: list[float] | None = None,
    poll_days: int | None = None,
    **facts: Any,
) -> None:
    """At a fixed time, so many days from then; or with a poll over several."""
    begins = [_morning(days) for days in poll or [in_days]]
    spans = [(start, start + timedelta(hours=hours)) for start in begins]
    if poll:
        said = EventFacts(slots=tuple(spans), **facts)
    else:
        said = EventFacts(starts=spans[0][0], ends=spans[0][1], **facts)
    events.plan_event(scene.viewer, slug=scene.slug, facts=said, poll_days=poll_days)


def _morning(days: float) -> datetime:
    """Half past nine in China on that day, without a zone, as it is typed."""
    day = (now() + timedelta(days=days)).astimezone(zone(CHINA))
    return day.replace(hour=9, minute=30, second=0, microsecond=0, tzinfo=None)


def _attend(scene: Scene, *, event: str) -> None:
    attending.attend(scene.viewer, slug=scene.slug, event_id=event_titled(scene, event), comes=True)


def _minutes(scene: Scene, *, event: str, text: str) -> None:
    events.write_minutes(scene.viewer, slug=scene.slug, event_id=event_titled(scene, event), text=text)


def _put_up(scene: Scene, *, criteria: list[dict[str, Any]], for_days: int, **facts: Any) -> None:
    made = calls.write_call(
        scene.viewer,
        slug=scene.slug,
        facts=CallFacts(
            deadline=now() + timedelta(days=for_days), criteria=tuple(Criterion(**one) for one in criteria), **facts
        ),
    )
    calls.open_call(scene.viewer, slug=scene.slug, call_id=made.id)


def _take_up(scene: Scene, *, call: str, team: str, body: str, party: str, people: list[str]) -> None:
    bids.bid(
        scene.viewer,
        slug=scene.slug,
        call_id=call_titled(scene, call),
        facts=BidFacts(team=team, body=body, people=tuple(people), organisations=(party_named(party).id,)),
    )


def _scorers(scene: Scene, *, call: str, people: list[str]) -> None:
    for handle in people:
        scoring.name_scorer(scene.viewer, slug=scene.slug, call_id=call_titled(scene, call), handle=handle)


def _evaluate(scene: Scene, *, call: str) -> None:
    calls.begin_evaluation(scene.viewer, slug=scene.slug, call_id=call_titled(scene, call))


def _score(scene: Scene, *, call: str, team: str, scores: list[int], comment: str) -> None:
    call_id = call_titled(scene, call)
    criteria = session().get_one(Call, call_id).criteria
    scoring.score(
        scene.viewer,
        slug=scene.slug,
        call_id=call_id,
        bid_id=bid_of(call_id, team),
        given={row["key"]: points for row, points in zip(criteria, scores, strict=True)},
        comment=comment,
    )


def _award(scene: Scene, *, call: str, team: str, statement: str, message: str) -> None:
    call_id = call_titled(scene, call)
    calls.award(
        scene.viewer,
        slug=scene.slug,
        call_id=call_id,
        bid_id=bid_of(call_id, team),
        statement=statement,
        message=message,
    )
    calls.start_call(scene.viewer, slug=scene.slug, call_id=call_id)


def _milestone(scene: Scene, *, title: str, in_days: int, group: str = "", call: str = "") -> None:
    milestones.set_milestone(
        scene.viewer,
        slug=scene.slug,
        title=title,
        due_on=_day(in_days),
        group_id=group_named(scene, group) if group else None,
        call_id=call_titled(scene, call) if call else None,
    )


def _day(in_days: int) -> date:
    return (now() + timedelta(days=in_days)).astimezone(zone(CHINA)).date()


WORK: dict[str, Callable[..., None]] = {
    "document": _document,
    "revise": _revise,
    "adopt": _adopt,
    "event": _plan,
    "attend": _attend,
    "minutes": _minutes,
    "call": _put_up,
    "bid": _take_up,
    "scorers": _scorers,
    "evaluate": _evaluate,
    "score": _score,
    "award": _award,
    "milestone": _milestone,
}

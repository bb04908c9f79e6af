"""Every deed, tried by everybody with words that would do: who may not is refused, and nothing has changed."""

import io
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from alliances.actions.dissolving import close_what_is_open
from alliances.charters import SECTIONS
from alliances.here import here_of
from alliances.models import State
from kernel.clock import now
from kernel.work import unit_of_work
from tests.alliances.people import ROLES, Stage
from tests.alliances.private_words import House, build_house
from tests.conftest import Ground, standing
from tests.house.test_walk import rows, writes
from tests.makers.people import api_token, sign_in

REFUSED = (401, 403, 404, 409, 422)
DAY = (now() + timedelta(days=20)).date().isoformat()
WORDS = "title body text reason message statement result minutes reply grounds note comment offer team rights words why"
MANY = 50
PREFIXES = ("adding", "case", "dropping", "group", "reply", "seat", "sponsor", "standing", "withdrawal")

# What forms are filled in with; and where that will not do, what stands in the form of one endpoint.
FORM = {
    **dict.fromkeys((*WORDS.split(), "purpose", "summary"), "Words."),
    **dict.fromkeys(("base", "number", "comes", "away", "c1", "c2", "with_none"), "1"),
    **dict.fromkeys(("days", "reapply_days"), "14"),
    **dict.fromkeys(("starts", "deadline"), f"{DAY}T10:00"),
    **{f"zh_{key}": "Words." for key in SECTIONS},
    "ends": f"{DAY}T12:00",
    "until": DAY,
    "answer": "accept",
    "deed": "accept",
    "standing": "associate",
    "role": "delegate",
    "office": "treasurer",
    "handle": "the-member",
    "name": "the-expert",
    "kind": "person",
    "audience": "members",
    "method": "simple",
    "electorate": "members",
    "stance": "yes",
    "state": "reached",
    "how": "fixed",
    "timezone": "Asia/Shanghai",
    "criteria-0-label": "Method",
    "criteria-0-weight": "1",
    "criteria-0-most": "10",
    "accepted": "0" * 64,
    "sectors": "materials",
    "ip_policy": "joint",
    "exclusion_days": "30",
    "admission": "apply",
    "sponsors_needed": "2",
    "notice_days": "30",
    "reply_days": "14",
    "proxies": "2",
    "council_cap": "50",
}
FORM |= {f"{prefix}-{name}": FORM[name] for prefix in PREFIXES for name in FORM if "-" not in name}
PERSON = {"kind": "person", "name": "the-expert"}
BODIES: dict[str, dict[str, Any]] = {
    "api.give_alliance_notice": {"reason": "Words."},
    "api.invite_to_alliance": {"party": PERSON, "standing": "observer"},
    "api.post_alliance_bid": {"team": "Words.", "body": "Words."},
    "api.post_alliance_document": {"title": "Words.", "body": "Words.", "readers": "members"},
    "api.post_alliance_document_version": {"base": 1, "body": "Other words."},
    "api.post_alliance_event": {
        "title": "Words.",
        "starts_at": f"{DAY}T10:00:00Z",
        "ends_at": f"{DAY}T12:00:00Z",
        "readers": "members",
    },
    "api.post_ballot": {"choice": {"stance": "yes"}},
    "api.post_charter": {"base": 1, "why": "Words.", "sections": {key: {"zh": "Words."} for key in SECTIONS}},
    "api.post_proposal": {"title": "Words.", "method": "simple", "open": True},
    "api.put_alliance_application_state": {"message": "Words.", "standing": "associate"},
    "api.put_alliance_invitation_state": {"message": "Words.", "accepted": "0" * 64},
    "api.put_proposal_withdrawn": {"message": "Words."},
    "api.put_alliance_case_reply": {"reply": "Words."},
    "api.put_alliance_case_dropped": {"message": "Words."},
    "api.post_alliance_dissolution": {"reason": "Words."},
    "api.put_alliance_dissolution_dropped": {"message": "Words."},
    "api.put_alliance_dissolution_item": {"note": "Words."},
    "api.post_alliance_freezing": {"reason": "Words."},
    "api.post_alliance_background": {"title": "Words."},
    "api.put_alliance_seat": {"role": "delegate"},
    "api.put_alliance_member_standing": {"standing": "associate", "message": "Words."},
    "api.patch_alliance": {"summary": "Other words."},
    "api.patch_draft_charter": {"liable_body": "Words."},
    "api.post_alliance_sponsor": {"message": "Words."},
    "api.post_alliance_office": {"office": "treasurer", "handle": "the-member"},
    "api.put_alliance_office_term": {"ends_on": DAY},
    "api.put_alliance_office_ended": {"reason": "Words."},
    "api.post_alliance_group": {"name": "Words."},
    "api.patch_alliance_group": {"purpose": "Other words."},
    "api.put_proposal": {"title": "Other words.", "method": "simple"},
    "api.put_resolution_review": {"text": "Words."},
    "api.put_resolution_review_day": {"review_on": DAY},
    "api.patch_alliance_document": {"title": "Other words."},
    "api.post_alliance_document_adoption": {"version": 1},
    "api.patch_alliance_event": {"place": "Elsewhere."},
    "api.put_alliance_event_cancelled": {"reason": "Words."},
    "api.put_alliance_event_minutes": {"text": "Words."},
    "api.put_alliance_event_presence": {"handles": ["the-member"]},
    "api.put_alliance_event_ally": {"message": "Words."},
    "api.put_alliance_joint_event": {"message": "Words."},
    "api.post_alliance_call": {"title": "Words.", "body": "Words."},
    "api.patch_alliance_call": {"budget": "More."},
    "api.put_alliance_call_closed": {"result": "Words."},
    "api.put_alliance_call_cancelled": {"reason": "Words."},
    "api.put_alliance_sheet": {"points": {"c1": 1, "c2": 1}},
    "api.put_alliance_conflict": {"reason": "Words."},
    "api.post_alliance_milestone": {"title": "Words."},
    "api.put_alliance_milestone_state": {"note": "Words."},
}

# What whoever is no member gets done in an active alliance: with what is theirs, and what stands open to everybody.
OPEN = {"alliances.apply_to_join", "alliances.send_bid", "api.apply_to_alliance", "api.post_alliance_bid"}
OWN_BID = {"alliances.leave_bid", "api.put_alliance_bid_state"}
JOINT = {"alliances.attend_event", "api.put_alliance_attendance", "api.delete_alliance_attendance"}
IN_THE_GROUP = {
    *("alliances.archive_document", "alliances.change_group"),
    *("api.put_alliance_document_archive", "api.delete_alliance_document_archive", "api.patch_alliance_document"),
    "api.delete_alliance_group_place",
}
OUTSIDE = {
    "outsider": set[str](),
    "applicant": OPEN | OWN_BID | {"alliances.withdraw_application", "api.put_alliance_application_state"},
    "former": OPEN,
    "other": OPEN | OWN_BID | JOINT | {"alliances.answer_invitation", "api.put_alliance_invitation_state"},
    "staff": OPEN | {"alliances.freeze_alliance", "api.post_alliance_freezing"},
    "expert": OPEN | IN_THE_GROUP,
}
# What can be done while nothing is done: go, take back, say no, answer a case; and let it go on.
EXITS = {
    *(
        "alliances.give_notice",
        "api.give_alliance_notice",
        "alliances.take_notice_back",
        "api.withdraw_alliance_notice",
    ),
    *("alliances.resign", "alliances.withdraw_application", "api.put_alliance_application_state"),
    *("alliances.answer_invitation", "api.put_alliance_invitation_state", "alliances.reply_to_case"),
    *("alliances.leave_bid", "alliances.change_group", "alliances.thaw_alliance"),
    *("api.put_alliance_case_reply", "api.post_alliance_thawing"),
    *("api.put_alliance_office_resigned", "api.put_alliance_bid_state", "api.delete_alliance_group_place"),
}
# Asked again, what is over says so and changes nothing.
OVER = {"alliances.close_proposal", "api.put_proposal_state"}
AFTERWARDS = {"alliances.name_successor", "api.put_alliance_successor"}


@pytest.fixture(scope="module")
def ground(app: Flask) -> Iterator[Ground]:
    with standing(app, build_house) as ground:
        yield ground


def _values(house: House, rule: Rule, name: str) -> list[str]:
    found = re.search(rf"<any\(([^)]*)\):{name}>", rule.rule)
    if found:
        return found[1].split(",")
    numbers = house.numbers
    few = {
        "slug": house.slugs[:1],
        "number": [1] if "charter" in rule.rule else [numbers["number"][at] for at in (0, 2, 4, 6)],
        "document_id": [numbers["document_id"][at] for at in (1, 3, 5)],
        "member_id": [house.stage.members[role].id for role in ("chair", "member", "observer")],
        "resolution": [f"{now().year}-1", f"{now().year}-2"],
        "item": ["dues"],
        "handle": ["the-member", "the-expert"],
        "ally": house.others[:1],
        "party": [f"organisation:{house.stage.made.organisations[0].id}"],
        "name": [numbers["document_id"][1]],
    }
    return [str(one) for one in few.get(name, numbers.get(name, [1]))]


WITH_FILES = {
    "api.post_alliance_document_file": {"title": "Table", "readers": "members"},
    "api.post_alliance_document_version_file": {"base": "1"},
}


def _addresses(house: House, rule: Rule) -> list[str]:
    filled = [re.sub(r"<(?:[^:<>]+:)?(\w+)>", r"<\1>", rule.rule)]
    for name in sorted(rule.arguments):
        filled = [url.replace(f"<{name}>", one) for url in filled for one in _values(house, rule, name)]
    return filled


def _sent(house: House, who: str, endpoint: str) -> dict[str, Any]:
    """What a form of this endpoint sends; to the API, what its body asks for."""
    me = house.stage.users.get(who)
    party = f"person:{me.id if me else 1}"
    other = house.stage.members["council"].id
    if not endpoint.startswith("api."):
        more = {"party": party, "to_member": str(other), "ref": f"alliances.document:{house.numbers['document_id'][1]}"}
        return {"data": {**FORM, **more, "ally": house.others[0], "successor": house.others[0]}}
    if endpoint in WITH_FILES:
        return {"data": {"file": (io.BytesIO(b"a,b\n1,2\n"), "table.csv")}, "query_string": WITH_FILES[endpoint]}
    award = {"bid": house.numbers["bid_id"][1], "statement": "Words."}
    special = {
        "api.put_alliance_call_awarded": {**award, "message": "Words."},
        "api.post_alliance_call_voting": award,
        "api.post_proxy": {"to_member_id": other, "ends_at": f"{DAY}T12:00:00Z"},
        "api.apply_to_alliance": {
            "party": {"kind": "person", "name": f"the-{who}"},
            "standing": "observer",
            "accepted": "0" * 64,
        },
        "api.post_signature": {"party": party, "hash": "0" * 64},
        "api.post_alliance_case": {"member": other, "grounds": "Words."},
        "api.post_alliance_exclusion": {"version": 1, "rights": "Words.", "reason": "Words."},
        "api.put_alliance_successor": {"successor": house.others[0]},
        "api.post_alliance_predecessor": {"predecessor": house.others[0], "accept": True},
    }
    return {"json": special.get(endpoint) or BODIES.get(endpoint, {})}


def _deeds(app: Flask, client: FlaskClient, ground: Ground, who: str) -> dict[str, set[str]]:
    """Try everything, and undo what was done: what was not refused, by its endpoint."""
    house: House = ground.built
    headers = {"Accept-Language": "en"}
    if who in house.stage.users:
        sign_in(client, house.stage.users[who])
        headers["Authorization"] = f"Bearer {api_token(house.stage.users[who])}"
    done = defaultdict(set)
    for rule, method in writes(app):
        if "/alliances/<slug>" not in rule.rule:
            continue
        is_api = rule.endpoint.startswith("api.")
        for url in _addresses(house, rule):
            as_before = ground.connection.begin_nested()
            sent = _sent(house, who, rule.endpoint)
            with client.open(url, method=method, headers=headers if is_api else {}, **sent) as answer:
                answer.get_data()
            if answer.status_code in REFUSED:
                as_before.commit()
            else:
                as_before.rollback()
                done[rule.endpoint].add(f"{method} {url}: {answer.status_code}")
    return done


def _tables(ground: Ground) -> dict[str, Any]:
    return {name: kept for name, kept in rows(ground.connection).items() if name.startswith("alliance")}


@pytest.mark.parametrize(
    ("app", "who"),
    [*(("sqlite", who) for who in (*ROLES, "expert")), ("postgres", "other"), ("postgres", "member")],
    indirect=["app"],
)
def test_in_an_active_alliance_only_those_who_may_get_something_done(
    app: Flask, client: FlaskClient, database: Session, ground: Ground, who: str
) -> None:
    before = _tables(ground)
    done = _deeds(app, client, ground, who)
    assert not [one for urls in done.values() for one in urls if one.endswith("500")]
    if who in OUTSIDE:
        assert {name: urls for name, urls in done.items() if name not in OUTSIDE[who]} == {}
        assert OUTSIDE[who] <= set(done), "refused what is theirs"
    assert _tables(ground) == before, "what was refused has changed something"
    assert who != "chair" or len(done) > MANY, "a walk with empty hands"


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
@pytest.mark.parametrize("state", [State.FROZEN, State.DISSOLVED])
@pytest.mark.parametrize("who", ["applicant", "observer", "member", "chair", "other", "staff"])
def test_where_nothing_is_done_nobody_gets_anything_done(
    app: Flask, client: FlaskClient, database: Session, ground: Ground, who: str, state: State
) -> None:
    stage: Stage = ground.built.stage
    if state is State.DISSOLVED:
        chair = stage.viewer("chair")
        with unit_of_work():
            close_what_is_open(here_of(chair, stage.made.alliance.id, hold=True), actor=chair)
    stage.turn(state)
    before = _tables(ground)
    done = _deeds(app, client, ground, who)
    may = (EXITS if state is State.FROZEN else AFTERWARDS) | OVER | JOINT
    assert {name: urls for name, urls in done.items() if name not in may} == {}
    assert _tables(ground) == before, "what was refused has changed something"

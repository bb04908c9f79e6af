"""Ballots and their count, and proxies."""

from alliances.actions.ballots import cast_ballot
from alliances.actions.proxies import give_proxy, revoke_proxy
from alliances.addresses import api_url
from alliances.counting import Rules, write_choice
from alliances.here import here_at, must_be_inside
from alliances.models import Proposal, ProposalState
from alliances.policy import AllianceRight
from alliances.proposal_loading import options_of, proposal_at
from alliances.queries import counts
from alliances.queries.proxies import my_proxies
from alliances.queries.voters import roll_page
from alliances.schemas.votes import (
    BallotCast,
    BallotGiven,
    BallotList,
    BallotShown,
    CountShown,
    ProxyGiven,
    ProxyList,
    ProxyShown,
)
from kernel.api import Answer, PageQuery, endpoint, read_key, room
from kernel.errors import ConflictError, InvalidError, NotFoundError
from kernel.viewer import Viewer
from kernel.words import gettext as _

ONE = "/alliances/<slug>/proposals/<int:number>"


@endpoint(
    room,
    "POST",
    f"{ONE}/ballots",
    may=AllianceRight.VOTE,
    body=BallotGiven,
    answers={201: BallotCast},
    refusals=(409,),
)
def post_ballot(viewer: Viewer, *, slug: str, number: int, body: BallotGiven) -> Answer:
    """Vote. A secret ballot takes no `Idempotency-Key`: what is kept under it would lead from you to your vote."""
    here = must_be_inside(here_at(viewer, slug))
    if proposal_at(here, number).is_secret and read_key() is not None:
        raise InvalidError(
            _("A secret ballot is sent without an idempotency key."),
            errors={"Idempotency-Key": _("What is kept under it would lead from you to your vote.")},
        )
    done = cast_ballot(viewer, slug=slug, number=number, choice=body.choice, reason=body.reason, voter_id=body.voter_id)
    cast = BallotCast(voter_id=done.voter_id, receipt=done.receipt)
    return Answer(cast, 201, api_url(slug, "proposals", number))


@endpoint(
    room,
    "GET",
    f"{ONE}/ballots",
    may=AllianceRight.READ_INSIDE,
    query=PageQuery,
    answers={200: BallotList},
    refusals=(409,),
)
def list_ballots(viewer: Viewer, *, slug: str, number: int, query: PageQuery) -> BallotList:
    """Every ballot of a vote that has ended."""
    held, options = _ended(viewer, slug, number)
    rules = Rules.from_json(held.rules)
    if held.is_secret:
        secret = counts.secret_page(held, options, cursor=query.cursor, limit=query.limit)
        return BallotList(
            items=[
                BallotShown(
                    voter=None,
                    receipt_hash=one.receipt_hash,
                    choice=write_choice(rules, one.choice),
                    reason=one.reason,
                )
                for one in secret.items
            ],
            next=secret.next,
        )
    page = roll_page(viewer, held, options, cursor=query.cursor, limit=query.limit)
    return BallotList(
        items=[
            BallotShown(voter=one.key, receipt_hash=None, choice=write_choice(rules, one.choice), reason=one.reason)
            for one in page.items
            if one.choice is not None
        ],
        next=page.next,
    )


@endpoint(room, "GET", f"{ONE}/count", may=AllianceRight.READ_INSIDE, answers={200: CountShown}, refusals=(409,))
def get_count(viewer: Viewer, *, slug: str, number: int) -> CountShown:
    """Rules, options, roll, ballots and tally of a vote that has ended, to count it again."""
    held, _options = _ended(viewer, slug, number)
    return CountShown(**counts.recount(here_at(viewer, slug), held, options_of(held)))


@endpoint(room, "GET", "/alliances/<slug>/proxies", may=AllianceRight.READ_INSIDE, answers={200: ProxyList})
def list_proxies(viewer: Viewer, *, slug: str) -> ProxyList:
    """The proxies that your members gave and hold."""
    here = must_be_inside(here_at(viewer, slug))
    return ProxyList(items=[ProxyShown.of(row) for row in my_proxies(here)], next=None)


@endpoint(
    room,
    "POST",
    "/alliances/<slug>/proxies",
    may=AllianceRight.GIVE_PROXY,
    body=ProxyGiven,
    answers={201: ProxyShown},
    refusals=(409,),
)
def post_proxy(viewer: Viewer, *, slug: str, body: ProxyGiven) -> Answer:
    """Let another full member vote for yours, on a proposal or until a time."""
    proxy = give_proxy(
        viewer,
        slug=slug,
        to_member_id=body.to_member_id,
        from_member_id=body.from_member_id,
        number=body.proposal,
        ends_at=body.ends_at,
        instructions=body.instructions,
    )
    row = next(one for one in my_proxies(here_at(viewer, slug)) if one.id == proxy.id)
    return Answer(ProxyShown.of(row), 201, api_url(slug, "proxies", row.id))


@endpoint(
    room, "GET", "/alliances/<slug>/proxies/<int:proxy_id>", may=AllianceRight.READ_INSIDE, answers={200: ProxyShown}
)
def get_proxy(viewer: Viewer, *, slug: str, proxy_id: int) -> ProxyShown:
    """A proxy that your member gave or holds."""
    here = must_be_inside(here_at(viewer, slug))
    row = next((one for one in my_proxies(here) if one.id == proxy_id), None)
    if row is None:
        raise NotFoundError
    return ProxyShown.of(row)


@endpoint(room, "DELETE", "/alliances/<slug>/proxies/<int:proxy_id>", may=AllianceRight.GIVE_PROXY, answers={204: None})
def delete_proxy(viewer: Viewer, *, slug: str, proxy_id: int) -> None:
    """Take a proxy back, or hand it back. A vote that was cast by it stands until the member votes itself."""
    revoke_proxy(viewer, slug=slug, proxy_id=proxy_id)


def _ended(viewer: Viewer, slug: str, number: int) -> tuple[Proposal, list[int]]:
    held = proposal_at(must_be_inside(here_at(viewer, slug)), number)
    if held.state == ProposalState.DRAFT:
        raise ConflictError(_("Ballots are published when the vote has ended."))
    counts.must_be_counted(held)
    return held, [option.id for option in options_of(held)]

"""Applications and invitations: a party asks to join, or is asked."""

from alliances.actions import admission, invitations
from alliances.addresses import api_url
from alliances.here import here_at
from alliances.models import Application
from alliances.policy import AllianceRight
from alliances.queries import admission as asks
from alliances.schemas.admission import (
    AnswerGiven,
    ApplicationGiven,
    AskList,
    AskQuery,
    AskShown,
    InvitationGiven,
    SponsorGiven,
)
from alliances.speakers import party_named
from kernel.api import Answer, endpoint, room
from kernel.limits import POSTING
from kernel.viewer import Viewer

APPLICATION = "/alliances/<slug>/applications/<int:application_id>"
INVITATION = "/alliances/<slug>/invitations/<int:invitation_id>"


@endpoint(
    room,
    "GET",
    "/alliances/<slug>/applications",
    may=AllianceRight.ANSWER_INVITATION,
    query=AskQuery,
    answers={200: AskList},
)
def list_alliance_applications(viewer: Viewer, *, slug: str, query: AskQuery) -> AskList:
    """Your own applications; for who decides, all of them."""
    here = here_at(viewer, slug)
    page = asks.application_page(viewer, here, state=query.state or "", cursor=query.cursor, limit=query.limit)
    return AskList(items=[AskShown.of(row) for row in page.items], next=page.next)


@endpoint(
    room,
    "POST",
    "/alliances/<slug>/applications",
    may=AllianceRight.APPLY,
    body=ApplicationGiven,
    answers={201: AskShown},
    limit=POSTING,
    refusals=(409,),
)
def apply_to_alliance(viewer: Viewer, *, slug: str, body: ApplicationGiven) -> Answer:
    """Ask to join for a party for which you speak, with the charter accepted by its hash."""
    made = admission.apply(
        viewer,
        slug=slug,
        party=party_named(viewer, body.party.kind, body.party.name),
        standing=body.standing,
        answers=body.answers,
        message=body.message,
        accepted=body.accepted,
    )
    return Answer(_application(viewer, slug, made.id), 201, api_url(slug, "applications", made.id))


@endpoint(
    room,
    "GET",
    APPLICATION,
    may=AllianceRight.ANSWER_INVITATION,
    answers={200: AskShown},
)
def get_alliance_application(viewer: Viewer, *, slug: str, application_id: int) -> AskShown:
    """One application."""
    return _application(viewer, slug, application_id)


@endpoint(
    room,
    "PUT",
    f"{APPLICATION}/<any(accepted,refused,withdrawn):state>",
    may=AllianceRight.ANSWER_INVITATION,
    body=AnswerGiven,
    answers={200: AskShown},
    refusals=(409,),
)
def put_alliance_application_state(
    viewer: Viewer, *, slug: str, application_id: int, state: str, body: AnswerGiven
) -> AskShown:
    """Accept or refuse an application as an officer, or take your own back."""
    if state == "withdrawn":
        admission.withdraw_application(viewer, slug=slug, application_id=application_id, message=body.message)
    else:
        admission.decide(
            viewer,
            slug=slug,
            application_id=application_id,
            accept=state == "accepted",
            message=body.message,
            standing=body.standing or "",
        )
    return _application(viewer, slug, application_id)


@endpoint(room, "PUT", f"{APPLICATION}/voting", may=AllianceRight.ADMIT, answers={200: AskShown}, refusals=(409,))
def put_alliance_application_voting(viewer: Viewer, *, slug: str, application_id: int) -> AskShown:
    """Let the members decide, where they do so and no vote was opened with the application."""
    admission.put_application_to_vote(viewer, slug=slug, application_id=application_id)
    return _application(viewer, slug, application_id)


@endpoint(
    room,
    "POST",
    f"{APPLICATION}/sponsors",
    may=AllianceRight.SPONSOR,
    body=SponsorGiven,
    answers={201: AskShown},
    refusals=(409,),
)
def post_alliance_sponsor(viewer: Viewer, *, slug: str, application_id: int, body: SponsorGiven) -> Answer:
    """Speak for an application as a full member; the last sponsor that it needs makes the party a member."""
    admission.sponsor(viewer, slug=slug, application_id=application_id, member_id=body.member, message=body.message)
    return Answer(_application(viewer, slug, application_id), 201, api_url(slug, "applications", application_id))


@endpoint(
    room,
    "GET",
    "/alliances/<slug>/invitations",
    may=AllianceRight.ANSWER_INVITATION,
    query=AskQuery,
    answers={200: AskList},
)
def list_alliance_invitations(viewer: Viewer, *, slug: str, query: AskQuery) -> AskList:
    """Invitations to parties for which you speak; for the council, all of them."""
    here = here_at(viewer, slug)
    page = asks.invitation_page(viewer, here, state=query.state or "", cursor=query.cursor, limit=query.limit)
    return AskList(items=[AskShown.of(row) for row in page.items], next=page.next)


@endpoint(
    room,
    "POST",
    "/alliances/<slug>/invitations",
    may=AllianceRight.INVITE,
    body=InvitationGiven,
    answers={201: AskShown},
    limit=POSTING,
    refusals=(409,),
)
def invite_to_alliance(viewer: Viewer, *, slug: str, body: InvitationGiven) -> Answer:
    """Invite a party. One that has applied is accepted with that, and the application is the answer."""
    made = invitations.invite(
        viewer,
        slug=slug,
        kind=body.party.kind,
        name=body.party.name,
        standing=body.standing,
        message=body.message,
        days=body.days,
    )
    if isinstance(made, Application):
        return Answer(_application(viewer, slug, made.id), 201, api_url(slug, "applications", made.id))
    return Answer(_invitation(viewer, slug, made.id), 201, api_url(slug, "invitations", made.id))


@endpoint(room, "GET", INVITATION, may=AllianceRight.ANSWER_INVITATION, answers={200: AskShown})
def get_alliance_invitation(viewer: Viewer, *, slug: str, invitation_id: int) -> AskShown:
    """One invitation."""
    return _invitation(viewer, slug, invitation_id)


@endpoint(
    room,
    "PUT",
    f"{INVITATION}/<any(accepted,refused,withdrawn):state>",
    may=AllianceRight.ANSWER_INVITATION,
    body=AnswerGiven,
    answers={200: AskShown},
    refusals=(409,),
)
def put_alliance_invitation_state(
    viewer: Viewer, *, slug: str, invitation_id: int, state: str, body: AnswerGiven
) -> AskShown:
    """Accept or decline an invitation to your party, or withdraw one of your alliance's."""
    if state == "accepted":
        invitations.accept_invitation(
            viewer, slug=slug, invitation_id=invitation_id, message=body.message, accepted=body.accepted
        )
    elif state == "refused":
        invitations.decline_invitation(viewer, slug=slug, invitation_id=invitation_id, message=body.message)
    else:
        invitations.withdraw_invitation(viewer, slug=slug, invitation_id=invitation_id, message=body.message)
    return _invitation(viewer, slug, invitation_id)


def _application(viewer: Viewer, slug: str, application_id: int) -> AskShown:
    return AskShown.of(asks.application_at(viewer, here_at(viewer, slug), application_id))


def _invitation(viewer: Viewer, slug: str, invitation_id: int) -> AskShown:
    return AskShown.of(asks.invitation_at(viewer, here_at(viewer, slug), invitation_id))

"""What the people of an alliance in the demo town do for its life: found, join, hold offices, freeze, dissolve."""

from collections.abc import Callable

from sqlalchemy import select

from alliances.actions import admission, dissolving, founding, groups, invitations, ip, offices, seats, signing, states
from alliances.models import Application, AskState, Invitation, PartyKind
from kernel.db import session
from seeds.alliance_scenes import Scene, charter_hash, member_named, party_named


def _open(scene: Scene) -> None:
    founding.open_for_signatures(scene.viewer, slug=scene.slug)


def _invite(scene: Scene, *, to: list[str], message: str = "", standing: str = "full") -> None:
    for name in to:
        kind = PartyKind.PERSON if name.startswith("@") else PartyKind.ORGANISATION
        invitations.invite(
            scene.viewer,
            slug=scene.slug,
            kind=kind.value,
            name=name.removeprefix("@"),
            message=message,
            standing=standing,
        )


def _sign(scene: Scene, *, party: str, message: str = "") -> None:
    signing.sign_charter(
        scene.viewer, slug=scene.slug, party=party_named(party), accepted=charter_hash(scene), message=message
    )


def _accept(scene: Scene, *, party: str, message: str = "") -> None:
    asked = party_named(party)
    waiting = select(Invitation.id).where(
        Invitation.alliance_id == scene.alliance.id,
        Invitation.party_kind == asked.kind,
        Invitation.party_id == asked.id,
        Invitation.state == AskState.OPEN,
    )
    invitations.accept_invitation(
        scene.viewer,
        slug=scene.slug,
        invitation_id=session().scalars(waiting).one(),
        message=message,
        accepted=charter_hash(scene),
    )


def _apply(scene: Scene, *, party: str, answers: list[str], message: str = "", standing: str = "full") -> None:
    admission.apply(
        scene.viewer,
        slug=scene.slug,
        party=party_named(party),
        standing=standing,
        answers=answers,
        message=message,
        accepted=charter_hash(scene),
    )


def _decide(scene: Scene, *, party: str, accept: bool, message: str) -> None:
    asked = party_named(party)
    waiting = select(Application.id).where(
        Application.alliance_id == scene.alliance.id,
        Application.party_kind == asked.kind,
        Application.party_id == asked.id,
        Application.state == AskState.OPEN,
    )
    admission.decide(
        scene.viewer,
        slug=scene.slug,
        application_id=session().scalars(waiting).one(),
        accept=accept,
        message=message,
    )


def _seat(scene: Scene, *, party: str, role: str, handle: str) -> None:
    seats.name_seat(scene.viewer, slug=scene.slug, member_id=member_named(scene, party).id, role=role, handle=handle)


def _appoint(scene: Scene, *, office: str, handle: str) -> None:
    offices.appoint(scene.viewer, slug=scene.slug, office=office, handle=handle)


def _open_group(scene: Scene, *, name: str, purpose: str, lead: str, people: list[str]) -> None:
    made = groups.open_group(scene.viewer, slug=scene.slug, name=name, purpose=purpose, lead=lead)
    for handle in people:
        groups.add_to_group(scene.viewer, slug=scene.slug, group_id=made.id, handle=handle)


def _background(scene: Scene, *, party: str, title: str, description: str, terms: str) -> None:
    ip.add_background(
        scene.viewer,
        slug=scene.slug,
        member_id=member_named(scene, party).id,
        title=title,
        description=description,
        terms=terms,
    )


def _freeze(scene: Scene, *, reason: str) -> None:
    states.freeze(scene.viewer, slug=scene.slug, reason=reason)


def _dissolve(scene: Scene, *, reason: str) -> None:
    dissolving.propose_dissolution(scene.viewer, slug=scene.slug, reason=reason)


def _tick(scene: Scene, *, items: dict[str, str]) -> None:
    for item, words in items.items():
        dissolving.tick(scene.viewer, slug=scene.slug, item=item, words=words)


def _finish(scene: Scene) -> None:
    dissolving.finish_dissolution(scene.viewer, slug=scene.slug)


LIFE: dict[str, Callable[..., None]] = {
    "open": _open,
    "invite": _invite,
    "sign": _sign,
    "accept": _accept,
    "apply": _apply,
    "decide": _decide,
    "seat": _seat,
    "appoint": _appoint,
    "group": _open_group,
    "background": _background,
    "freeze": _freeze,
    "dissolve": _dissolve,
    "tick": _tick,
    "finish": _finish,
}

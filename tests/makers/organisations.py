"""Organisations and seats through the real actions, for tests."""

from itertools import count
from typing import Any

from stdnum.cn import uscc

from accounts.actions import seats
from accounts.actions.organisations import claim_domain, found_organisation
from accounts.models import Organisation, OrganisationSeat, User
from accounts.organisation_facts import OrganisationFacts
from accounts.organisations import organisation_at
from accounts.viewers import viewer_for
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from tests.makers.people import person

_number = count(1)


def code(number: int | None = None) -> str:
    """A 统一社会信用代码 of nobody, with the right check digit."""
    body = f"91330100{next(_number) if number is None else number:09}"
    return body + uscc.calc_check_digit(body)


def facts(**given: Any) -> OrganisationFacts:
    """What somebody might type."""
    usual = {"name": f"Haiyue Materials {next(_number)} Ltd", "kind": "firm", "sectors": ("materials",), "region": "33"}
    return OrganisationFacts(**{**usual, **given})


def organisation(*, admin: User | None = None, domain: bool = False, **given: Any) -> Organisation:
    """An organisation of `admin` (or somebody); with `domain`, it has claimed the one of the admin's address."""
    admin = admin or person()
    with unit_of_work():
        made = found_organisation(viewer_for(admin.id), facts(**given))
    if domain:
        with unit_of_work():
            viewer = viewer_for(admin.id)
            claim_domain(viewer, organisation_at(viewer, made.slug, hold=True))
    return made


def seat(
    organisation: Organisation, *, by: Viewer, holder: User | None = None, role: str = "member", title: str = ""
) -> OrganisationSeat:
    """A seat of `holder` (or somebody), who accepted the invitation of the admin `by`."""
    holder = holder or person()
    with unit_of_work():
        seats.invite(by, slug=organisation.slug, handle=holder.handle, role=role, title=title)
    with unit_of_work():
        return seats.answer_invitation(viewer_for(holder.id), slug=organisation.slug, accept=True)


def asked(organisation: Organisation, *, by: User | None = None, message: str = "I work there.") -> OrganisationSeat:
    """Somebody asks for a seat."""
    asker = by or person()
    with unit_of_work():
        return seats.ask_for_seat(viewer_for(asker.id), slug=organisation.slug, message=message)

"""Two at one instant: a domain has one holder, a code too, an organisation always an admin, a person one open seat."""

from flask import Flask
from sqlalchemy import func, select

from accounts.actions import seats
from accounts.actions.organisations import claim_domain, found_organisation
from accounts.actions.seat_holding import has_admin
from accounts.models import Organisation, OrganisationSeat, SeatState
from accounts.organisations import organisation_at
from accounts.viewers import viewer_for
from kernel.db import session
from kernel.viewer import Viewer
from tests.integration.test_moderation_at_once import at_once, settle, site
from tests.makers import organisations as make
from tests.makers.people import person

__all__ = ["site"]


def kinds(done: list[object]) -> list[str]:
    return sorted(type(one).__name__ for one in done)


def test_of_two_who_claim_a_domain_at_once_one_has_it(site: Flask) -> None:
    admins = [person(email=f"{name}@hy.example.cn") for name in ("lin", "he", "ma")]
    slugs = [make.organisation(admin=admin).slug for admin in admins]

    def claim(viewer: Viewer, slug: str) -> object:
        return claim_domain(viewer, organisation_at(viewer, slug, hold=True))

    viewers = [viewer_for(admin.id) for admin in admins]
    pairs = list(zip(viewers, slugs, strict=True))
    done = at_once(site, *[lambda pair=pair: claim(*pair) for pair in pairs])
    assert kinds(done) == ["ConflictError", "ConflictError", "str"]
    settle()
    assert session().scalar(select(func.count()).where(Organisation.mail_domain == "hy.example.cn")) == 1


def test_of_two_who_found_with_one_code_at_once_one_has_it(site: Flask) -> None:
    viewers = [viewer_for(person().id) for _ in range(3)]
    code = make.code(77)
    typed = [make.facts(name=f"Haiyue {number}", code=code) for number in range(3)]
    done = at_once(
        site,
        *[lambda viewer=v, facts=f: found_organisation(viewer, facts) for v, f in zip(viewers, typed, strict=True)],
    )
    assert kinds(done) == ["InvalidError", "InvalidError", "Organisation"]
    settle()


def test_the_last_two_admins_cannot_leave_at_once(site: Flask) -> None:
    founder, other = person(), person()
    made = make.organisation(admin=founder)
    make.seat(made, by=viewer_for(founder.id), holder=other, role="admin")
    slug, viewers = made.slug, [viewer_for(founder.id), viewer_for(other.id)]
    done = at_once(site, *[lambda viewer=viewer: seats.leave(viewer, slug=slug) for viewer in viewers])
    assert kinds(done) == ["ConflictError", "OrganisationSeat"]
    settle()
    assert has_admin(made.id)


def test_two_admins_who_take_each_others_role_leave_one(site: Flask) -> None:
    founder, other = person(), person()
    made = make.organisation(admin=founder)
    theirs = make.seat(made, by=viewer_for(founder.id), holder=other, role="admin").id
    own = session().scalars(select(OrganisationSeat.id).where(OrganisationSeat.user_id == founder.id)).one()
    slug, first, second = made.slug, viewer_for(founder.id), viewer_for(other.id)
    done = at_once(
        site,
        lambda: seats.change_seat(first, slug=slug, seat_id=theirs, role="member"),
        lambda: seats.change_seat(second, slug=slug, seat_id=own, role="member"),
    )
    assert kinds(done) == ["ForbiddenError", "OrganisationSeat"]
    settle()
    assert has_admin(made.id)


def test_the_last_admin_leaving_in_two_windows_stays(site: Flask) -> None:
    founder = person()
    made = make.organisation(admin=founder)
    slug, viewer = made.slug, viewer_for(founder.id)
    done = at_once(site, *[lambda: seats.leave(viewer, slug=slug)] * 2)
    assert kinds(done) == ["ConflictError", "ConflictError"]
    settle()


def test_asking_twice_and_being_invited_at_once_is_one_seat(site: Flask) -> None:
    founder, asker = person(), person()
    made = make.organisation(admin=founder)
    slug, handle, admin, viewer = made.slug, asker.handle, viewer_for(founder.id), viewer_for(asker.id)
    at_once(
        site,
        lambda: seats.ask_for_seat(viewer, slug=slug),
        lambda: seats.ask_for_seat(viewer, slug=slug),
        lambda: seats.invite(admin, slug=slug, handle=handle),
    )
    settle()
    seats_of = select(func.count()).where(
        OrganisationSeat.user_id == asker.id, OrganisationSeat.state != SeatState.ENDED
    )
    assert session().scalar(seats_of) == 1

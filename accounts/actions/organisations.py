"""Organisations: founded and described by their people, and what else belongs to them alone."""

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from accounts.actions.seat_holding import must_lead_now
from accounts.actions.seat_tokens import keep_tokens
from accounts.actions.vouching import assert_by_rule, withdraw_all
from accounts.assertions import CODE, DOCUMENT, MAIL_DOMAIN, mail_host, public_mail_hosts
from accounts.events import OrganisationChanged, TextOffered
from accounts.models import Organisation, OrganisationSeat, OrganisationSector, SeatRole, SeatState, Vouch
from accounts.organisation_facts import OrganisationFacts, read_facts
from accounts.policy import OrganisationRight
from accounts.queries import my_account
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, InvalidError
from kernel.events import emit
from kernel.ids import slug_of
from kernel.markup import cook
from kernel.policy import authorise, can
from kernel.refs import Ref
from kernel.viewer import Viewer
from kernel.words import gettext as _

SLUG, ROOM_FOR_NUMBER = 50, 40
RESERVED = {"new", "thread"}  # an address of its own, and what a name without letters becomes


def found_organisation(viewer: Viewer, typed: OrganisationFacts) -> Organisation:
    """A new page, of which the viewer is the first admin."""
    authorise(viewer, OrganisationRight.FOUND)
    facts = read_facts(typed)
    must_be_free(facts.code)
    organisation = Organisation(kind=facts.kind, created_by_id=viewer.me)
    _write(organisation, facts)
    _settle(organisation, facts)
    seat = OrganisationSeat(
        organisation_id=organisation.id,
        user_id=viewer.me,
        role=SeatRole.ADMIN.value,
        state=SeatState.ACTIVE.value,
        decided_by_id=viewer.me,
        decided_at=now(),
    )
    session().add(seat)
    write_sectors(organisation)
    _offer_text(viewer, organisation, facts, before=None)
    keep_tokens(user_id=viewer.me, organisation_id=organisation.id)
    if organisation.code:
        assert_by_rule(CODE, organisation.code, organisation_id=organisation.id)
    emit(OrganisationChanged(organisation.id))
    return organisation


def change_organisation(viewer: Viewer, organisation: Organisation, typed: OrganisationFacts) -> None:
    """Say it anew. The kind stays: a wrong one is converted by the staff, since others may count on it.

    What the staff saw was said of the name and code as they were; under others it does not stand any more.
    """
    authorise(viewer, OrganisationRight.EDIT, organisation)
    facts = read_facts(typed)
    before = facts_of(organisation)
    if facts.identity != before.identity:
        _must_lead(viewer, organisation, before, facts)
    _offer_text(viewer, organisation, facts, before=before)
    if facts.code != before.code:
        must_be_free(facts.code, but=organisation.id)
        withdraw_all(CODE, organisation_id=organisation.id)
    if (facts.name, facts.code) != (before.name, before.code):
        withdraw_all(DOCUMENT, organisation_id=organisation.id)
    try:
        with session().begin_nested():
            _write(organisation, facts)
    except IntegrityError:
        raise InvalidError(errors={"code": _code_is_taken()}) from None
    if organisation.code and facts.code != before.code:
        assert_by_rule(CODE, organisation.code, organisation_id=organisation.id)
    write_sectors(organisation)
    emit(OrganisationChanged(organisation.id))


def claim_domain(viewer: Viewer, organisation: Organisation) -> str:
    """Note that an admin reads mail at a domain of the organisation: the one of their own confirmed address.

    From then on whoever reads mail there may join at once. Of two organisations that claim one, the first has it.
    """
    must_lead_now(viewer, organisation)
    user = my_account(viewer)
    domain = mail_host(user)
    if domain in public_mail_hosts():
        raise InvalidError(_("Anybody gets an address at %(domain)s; it cannot be an organisation’s.", domain=domain))
    if organisation.mail_domain == domain:
        return domain
    withdraw_all(MAIL_DOMAIN, organisation_id=organisation.id)
    try:
        with session().begin_nested():
            organisation.mail_domain = domain
    except IntegrityError:
        session().refresh(organisation)
        raise ConflictError(
            _(
                "Another organisation has claimed %(domain)s already. If that is wrong, the staff can help.",
                domain=domain,
            )
        ) from None
    session().add(Vouch(organisation_id=organisation.id, kind=MAIL_DOMAIN, what=domain, by_user_id=viewer.me))
    emit(OrganisationChanged(organisation.id))
    return domain


def release_domain(viewer: Viewer, organisation: Organisation) -> None:
    """Nobody joins by their address any more; those who did stay."""
    must_lead_now(viewer, organisation)
    withdraw_all(MAIL_DOMAIN, organisation_id=organisation.id)
    organisation.mail_domain = None
    emit(OrganisationChanged(organisation.id))


def facts_of(organisation: Organisation) -> OrganisationFacts:
    """As it was last said."""
    return OrganisationFacts(
        name=organisation.name,
        kind=organisation.kind,
        name_en=organisation.name_en,
        sub_kinds=tuple(organisation.sub_kinds),
        code=organisation.code or "",
        licence_number=organisation.licence_number,
        region=organisation.region,
        sectors=tuple(organisation.sectors),
        about=organisation.about,
        website=organisation.website,
    )


def must_be_free(code: str, *, but: int | None = None) -> None:
    """Raise `InvalidError` where another organisation has this code."""
    if code and session().scalar(select(Organisation.id).where(Organisation.code == code)) not in (None, but):
        raise InvalidError(_("Please look at the marked fields."), errors={"code": _code_is_taken()})


def write_sectors(organisation: Organisation) -> None:
    """Keep the rows by which lists are filtered as the organisation shows its sectors: the only function that does."""
    session().flush()
    session().execute(delete(OrganisationSector).where(OrganisationSector.organisation_id == organisation.id))
    session().add_all(
        OrganisationSector(organisation_id=organisation.id, sector=sector) for sector in set(organisation.sectors)
    )


def _offer_text(
    viewer: Viewer, organisation: Organisation, facts: OrganisationFacts, *, before: OrganisationFacts | None
) -> None:
    emit(
        TextOffered(
            viewer,
            Ref("accounts.organisation", organisation.id),
            field="about",
            text=facts.about,
            text_before=before.about if before else "",
            website=facts.website,
            website_before=before.website if before else "",
            title=f"{facts.name} {facts.name_en}",
        )
    )


def _code_is_taken() -> str:
    return _("An organisation here has this code already: ask for a seat on its page.")


def _must_lead(viewer: Viewer, organisation: Organisation, before: OrganisationFacts, facts: OrganisationFacts) -> None:
    if can(viewer, OrganisationRight.LEAD, organisation):
        return
    changed = [
        name for name in ("name", "name_en", "code", "licence_number") if getattr(before, name) != getattr(facts, name)
    ]
    raise InvalidError(
        _("Please look at the marked fields."),
        errors=dict.fromkeys(changed, _("Only the admins of the organisation change this.")),
    )


def _write(organisation: Organisation, facts: OrganisationFacts) -> None:
    for name in ("name", "name_en", "licence_number", "region", "about", "website"):
        setattr(organisation, name, getattr(facts, name))
    organisation.sub_kinds, organisation.sectors = list(facts.sub_kinds), list(facts.sectors)
    organisation.code = facts.code or None
    organisation.about_html = cook(facts.about).html if facts.about else ""


def _settle(organisation: Organisation, facts: OrganisationFacts) -> None:
    """Give it an address of its own, and a row; of two that want one at once, the second is told."""
    wanted = slug_of(facts.name_en or facts.name, length=SLUG)
    if wanted in RESERVED:
        wanted = "organisation"
    taken = set(
        session().scalars(select(Organisation.slug).where(Organisation.slug.startswith(wanted, autoescape=True)))
    )
    number, slug = 1, wanted
    while slug in taken:
        number += 1
        slug = f"{wanted}-{number}"
    organisation.slug = slug
    try:
        with session().begin_nested():
            session().add(organisation)
    except IntegrityError:
        must_be_free(facts.code)
        raise ConflictError(
            _("Somebody founded one of this name just now. Please look at it, and send again.")
        ) from None

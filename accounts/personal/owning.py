"""What accounts hand out of a person, and do when somebody goes."""

from collections.abc import Iterable

from sqlalchemy import delete, or_, select

from accounts.actions.seat_holding import has_admin
from accounts.actions.seats import end_seats_of
from accounts.blobs import blob_store
from accounts.models import (
    ApiToken,
    Grant,
    Organisation,
    OrganisationSeat,
    SeatRole,
    SeatState,
    User,
    UserSession,
    Vouch,
)
from kernel.db import session
from kernel.mail import Mail
from kernel.mail.incoming import IncomingMail
from kernel.personal import Blob, Hindrance, Leaver, Piece, Table, exports, hinders, leaves
from kernel.viewer import STAFF, Viewer
from kernel.words import gettext as _

AT_ONCE = 500


@exports("accounts")
def my_own(viewer: Viewer) -> Iterable[Piece]:
    """Profile, sessions, tokens by name, rights, seats, assertions."""
    user = session().get_one(User, viewer.me)
    yield Table(
        "profile",
        "Account and profile",
        select(
            User.handle, User.display_name, User.email, User.email_confirmed_at, User.created_at, User.locale,
            User.timezone, User.theme, User.affiliation, User.affiliation_kind, User.job_title, User.region,
            User.fields, User.sectors, User.bio, User.orcid, User.website,
        ).where(User.id == viewer.me),
    )  # fmt: skip
    if user.avatar_hash:
        yield Blob("files/photo/photo.webp", blob_store().path(user.avatar_hash))
    yield Table(
        "sessions",
        "Browsers in which I am signed in",
        select(
            UserSession.created_at, UserSession.last_seen_at, UserSession.expires_at, UserSession.ip,
            UserSession.user_agent,
        ).where(UserSession.user_id == viewer.me),
    )  # fmt: skip
    yield Table(
        "api-tokens",
        "API tokens by name; of the tokens themselves only hashes are kept",
        select(
            ApiToken.name, ApiToken.scopes, ApiToken.created_at, ApiToken.last_used_at, ApiToken.expires_at,
            ApiToken.revoked_at,
        ).where(ApiToken.user_id == viewer.me),
    )  # fmt: skip
    yield Table(
        "rights",
        "Rights and places that I hold",
        select(Grant.token, Grant.created_at).where(Grant.user_id == viewer.me),
    )
    yield Table(
        "organisation-seats",
        "Seats in organisations, also past ones",
        select(
            Organisation.slug, Organisation.name, OrganisationSeat.role, OrganisationSeat.state,
            OrganisationSeat.title, OrganisationSeat.message, OrganisationSeat.answer, OrganisationSeat.outcome,
            OrganisationSeat.created_at, OrganisationSeat.decided_at, OrganisationSeat.ended_at,
        )
        .join(Organisation, Organisation.id == OrganisationSeat.organisation_id)
        .where(OrganisationSeat.user_id == viewer.me)
        .order_by(OrganisationSeat.id),
    )  # fmt: skip
    yield Table(
        "assertions",
        "What others asserted of me",
        select(Vouch.kind, Vouch.what, Organisation.name.label("by_organisation"), Vouch.at, Vouch.withdrawn_at)
        .outerjoin(Organisation, Organisation.id == Vouch.by_organisation_id)
        .where(Vouch.user_id == viewer.me)
        .order_by(Vouch.id),
    )


@hinders
def sole_admin(viewer: Viewer) -> Iterable[Hindrance]:
    """An organisation whose last admin goes would be nobody's."""
    led = (
        select(Organisation)
        .join(OrganisationSeat, OrganisationSeat.organisation_id == Organisation.id)
        .where(
            OrganisationSeat.user_id == viewer.me,
            OrganisationSeat.state == SeatState.ACTIVE,
            OrganisationSeat.role == SeatRole.ADMIN,
            Organisation.closed_at.is_(None),
        )
        .order_by(Organisation.id)
    )
    for one in session().scalars(led):
        if not has_admin(one.id, but=viewer.me):
            yield Hindrance(
                _("You are the last admin of %(organisation)s. Make somebody else one first.", organisation=one.name),
                f"/organisations/{one.slug}/people",
            )


@hinders
def sole_staff(viewer: Viewer) -> Iterable[Hindrance]:
    """Somebody has to run the site."""
    if viewer.is_staff:
        others = select(User.id).join(Grant, Grant.user_id == User.id)
        others = others.where(Grant.token == STAFF, User.id != viewer.me, User.suspended_at.is_(None))
        if session().scalar(others.limit(1)) is None:
            yield Hindrance(_("You are the last of the staff. Give that right to somebody else first."), "/staff")


@leaves("accounts.seats")
def end_seats(leaver: Leaver, _after: int) -> int | None:
    """Nobody acts for an organisation who is not here."""
    end_seats_of(leaver.viewer)
    return None


@leaves("accounts.mails")
def forget_mails(leaver: Leaver, after: int) -> int | None:
    """Mails to them, and old ones that name them; what still waits to be sent to others names them no more either."""
    if not after:
        theirs = or_(IncomingMail.user_id == leaver.id, IncomingMail.sender == leaver.email)
        session().execute(delete(IncomingMail).where(theirs).execution_options(synchronize_session=False))
    ids = session().scalars(select(Mail.id).where(Mail.id > after).order_by(Mail.id).limit(AT_ONCE)).all()
    if not ids:
        return None
    texts = (Mail.subject, Mail.body, Mail.html)
    names = (f"@{leaver.handle}", f"/people/{leaver.handle}", leaver.email, leaver.viewer.display_name)
    named = [text.contains(name, autoescape=True) for text in texts for name in names if len(name) > 1]
    theirs = or_(Mail.user_id == leaver.id, Mail.recipient == leaver.email, *named)
    session().execute(delete(Mail).where(Mail.id.in_(ids), theirs).execution_options(synchronize_session=False))
    return ids[-1]

"""Mail as the staff see it: how far it is, what the servers said, and no more of its text than they may read."""

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, func, select

from kernel.db import session
from kernel.errors import ConflictError, NotFoundError
from kernel.mail import Mail, delivery
from kernel.mail.incoming import IncomingMail
from kernel.mail.outbox import MARK
from kernel.paging import Page, keyset_page
from kernel.refs import Card, Ref, cards
from kernel.viewer import Viewer
from kernel.words import gettext as _

HIDDEN = "••••••"
UNSETTLED = ("waiting", "sending", "dead", "kept")
LIVES_AGAIN = ("dead", "kept")
CAN_BE_DROPPED = ("dead", "kept", "waiting")
AT_ONCE = 1000

STATES = {
    "kept": _l("kept here"),
    "waiting": _l("waiting for the mail server"),
    "sending": _l("being handed over"),
    "sent": _l("sent"),
    "dropped": _l("not sent"),
    "dead": _l("given up"),
}
KINDS = {"account": _l("about the account"), "notice": _l("a notice"), "digest": _l("a digest")}
REASONS = {
    "gone": _l("The account is gone."),
    "suspended": _l("The account is suspended."),
    "unconfirmed": _l("The address is not confirmed."),
    "moved": _l("The person reads mail at another address by now."),
    "no-access": _l("The person may not read it any more."),
    "nothing-left": _l("All that it told of is gone, or out of sight."),
    "bounce": _l("Mail to this address came back."),
    "complaint": _l("Its reader called a mail of this site spam."),
    "by-staff": _l("The staff dropped it."),
    "restored": _l("It waited when the backup was made that was restored, and may have been sent since."),
    "unsure": _l(
        "The worker ended while it handed this over: it may have arrived. Digests are not sent twice by themselves."
    ),
}
MADE_OF_IT = {
    "reply": _l("a reply"),
    "bounce": _l("a bounce"),
    "complaint": _l("a complaint of spam"),
    "auto-reply": _l("an automatic answer"),
    "unsubscribe": _l("a wish for no more mail"),
    "unknown": _l("not for this site"),
    "": _l("not looked at yet"),
}
OUTCOMES = {
    "posted": _l("posted"),
    "waits": _l("waits for approval"),
    "refused": _l("refused, and its writer was told why"),
    "taken": _l("taken by another worker"),
    "no-such-person": _l("nobody may write by this address any more"),
    "nobody-takes-it": _l("this cannot be answered by mail"),
    "hard": _l("the address gets no more notices"),
    "soft": _l("noted; after five the address gets no more notices"),
    "noted": _l("the address gets no more notices"),
    "not-ours": _l("it is about no mail of this site"),
    "ignored": _l("ignored"),
    "ended": _l("ended"),
    "nothing-to-end": _l("there was nothing to end"),
    "not-addressed": _l("it went to none of the addresses that this site gives out"),
    "unreadable": _l("it cannot be read"),
}


@dataclass(frozen=True, slots=True)
class MailRow:
    """One mail of the outbox, with what of it the viewer may read."""

    mail: Mail
    subject: str
    text: str | None

    @property
    def reason(self) -> str:
        """Why it was not sent, or what the server said."""
        return str(REASONS.get(self.mail.reason, self.mail.reason))


@dataclass(frozen=True, slots=True)
class IncomingRow:
    """One mail that came in, and what was made of it."""

    mail: IncomingMail
    card: Card | None


def outbox_page(viewer: Viewer, *, state: str, cursor: str | None) -> Page[MailRow]:
    """All mail the site wrote, or what is in one state."""
    query: Select[Mail] = select(Mail)
    if state in STATES:
        states = ("waiting", "sending") if state == "waiting" else (state,)
        query = query.where(Mail.state.in_(states))
    page = keyset_page(query, keys=[Mail.id], limit=30, cursor=cursor)
    return page.map(lambda row: mail_row(viewer, row[0]))


def mail_row(viewer: Viewer, mail: Mail) -> MailRow:
    """What a notice says is between the site and its reader, unless the viewer may read the place that it is about."""
    may_read = mail.kind == "account" or (bool(mail.audience) and viewer.audience.issuperset(mail.audience.split()))
    if not may_read:
        return MailRow(mail, str(KINDS[mail.kind]), None)
    return MailRow(mail, mail.subject, mail.body.replace(MARK, HIDDEN))


def mail_of(viewer: Viewer, mail_id: int) -> MailRow:
    """One mail."""
    mail = session().get(Mail, mail_id)
    if mail is None:
        raise NotFoundError
    return mail_row(viewer, mail)


def unsettled() -> dict[str, int]:
    """How much is not settled, by state."""
    counted = select(Mail.state, func.count()).where(Mail.state.in_(UNSETTLED)).group_by(Mail.state)
    counts = {state: int(count) for state, count in session().execute(counted)}
    return counts | {"waiting": counts.get("waiting", 0) + counts.get("sending", 0)}


def incoming_page(viewer: Viewer, *, cursor: str | None) -> Page[IncomingRow]:
    """All mail that came in."""
    page = keyset_page(select(IncomingMail), keys=[IncomingMail.id], limit=30, cursor=cursor)
    places = {row[0].place: _ref(row[0].place) for row in page.items if row[0].place}
    known = cards(viewer, places.values())
    return page.map(lambda row: IncomingRow(row[0], known.get(places[row[0].place]) if row[0].place else None))


def send_again(_viewer: Viewer, *, mail_id: int) -> None:
    """Give one mail another life."""
    mail = session().get(Mail, mail_id, with_for_update=True)
    if mail is None:
        raise NotFoundError
    if mail.state not in LIVES_AGAIN:
        raise ConflictError(_("This mail was sent, or is on its way already."))
    delivery.send_again(mail)


def send_all_again(_viewer: Viewer) -> int:
    """All that were given up, as after a fault in the settings; says how many."""
    dead = select(Mail).where(Mail.state == "dead").order_by(Mail.id).limit(AT_ONCE).with_for_update(skip_locked=True)
    mails = session().scalars(dead).all()
    for mail in mails:
        delivery.send_again(mail)
    return len(mails)


def drop(_viewer: Viewer, *, mail_id: int) -> None:
    """Do not send it."""
    mail = session().get(Mail, mail_id, with_for_update=True)
    if mail is None:
        raise NotFoundError
    if mail.state not in CAN_BE_DROPPED:
        raise ConflictError(_("This mail was sent, or is on its way already."))
    delivery.drop(mail, "by-staff")


def _ref(text: str) -> Ref:
    kind, _colon, number = text.rpartition(":")
    return Ref(kind, int(number))

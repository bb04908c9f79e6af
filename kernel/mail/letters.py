"""A row of the outbox as a message that mail programs, and those that sort mail, understand."""

from email import policy
from email.headerregistry import HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime

from flask import current_app

from kernel.mail.addresses import bounce_address, reply_address, unsubscribe_address
from kernel.mail.outbox import Mail, whole
from kernel.refs import Ref

QUIET = "DR, RN, NRN, OOF, AutoReply"


class _Unfolded(UnstructuredHeader):
    """A header that is written in one line: folding would encode a long address, and nobody would find it."""

    def fold(self, *, policy: EmailPolicy) -> str:
        return f"{self.name}: {self}{policy.linesep}"  # type: ignore[attr-defined]  # mixed in by the registry


_headers = HeaderRegistry()
_headers.map_to_type("list-unsubscribe", _Unfolded)  # type: ignore[arg-type]  # as the registry's own classes
_POLICY = policy.SMTP.clone(header_factory=_headers)


def letter(mail: Mail) -> EmailMessage:
    """The message of this mail: the same at every attempt, its Message-ID included."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = current_app.config["MAIL_FROM"]
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = message_id(mail)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = QUIET
    if mail.place:
        message["In-Reply-To"] = message["References"] = f"<{mail.place.replace(':', '.')}@{_domain()}>"
    if mail.reply_ref and mail.user_id and (address := reply_address(mail.user_id, _ref(mail.reply_ref))):
        message["Reply-To"] = address
    if mail.kind != "account":
        _say_it_is_a_list(message, mail)
    for name, value in mail.headers.items():
        del message[name]
        message[name] = value
    message.set_content(whole(mail, mail.body), cte=_encoding(mail.body))
    if mail.html:
        message.add_alternative(whole(mail, mail.html), subtype="html", cte=_encoding(mail.html))
    return message


def envelope_sender(mail: Mail, message: EmailMessage) -> str:
    """Where a mail goes that comes back: to an address of its own, if the site reads mail, else to its sender."""
    return bounce_address(mail.id) or message["From"].addresses[0].addr_spec


def message_id(mail: Mail) -> str:
    """The mail's name in the world; whoever can quote it has had the mail in their hands."""
    return f"<mail.{mail.id}.{mail.message_key}@{_domain()}>"


def _say_it_is_a_list(message: EmailMessage, mail: Mail) -> None:
    """What RFC 2919, 2369 and 8058 have for mail that one may want to sort, or be rid of."""
    message["Precedence"] = "list"
    message["List-Id"] = f"<{(mail.place or mail.kind).replace(':', '.')}.{_domain()}>"
    if mail.unsubscribe_url:
        ways = [mail.unsubscribe_url]
        if by_mail := unsubscribe_address(mail.id):
            ways.append(f"mailto:{by_mail}?subject=unsubscribe")
        message["List-Unsubscribe"] = ", ".join(f"<{way}>" for way in ways)
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _encoding(text: str) -> str:
    """Seven bits for every server on the way; base64 costs Chinese less than the other way to get there."""
    return "quoted-printable" if text.isascii() else "base64"


def _ref(text: str) -> Ref:
    kind, _, number = text.rpartition(":")
    return Ref(kind, int(number))


def _domain() -> str:
    domain: str = current_app.config["MAIL_DOMAIN"]
    return domain

"""Mail that no person wrote: bounces (RFC 3464), complaints (RFC 5965), and answers of machines (RFC 3834)."""

import re
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

from kernel.mail.line import says_no_such_address
from kernel.mail.reading import content_of, text_of

_STATUS = re.compile(r"\b[45]\.\d{1,3}\.\d{1,3}\b")
_REFUSAL = re.compile(r"\b(?:5\d\d|4\d\d)[ -](?:#?[45]\.\d{1,3}\.\d{1,3}\b)?[^<\n]{0,200}")
_OUR_MAIL = re.compile(r"<mail\.(\d{1,18})\.([0-9a-f]{22})@")
_MACHINES = re.compile(
    r"^(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?(?:\+.*)?|autoreply)@", re.IGNORECASE
)
_AWAY = re.compile(
    r"^\s*(?:\[?(?:自动回复|自動回覆|自动答复|自动应答|休假|外出|不在办公室)"
    r"|(?:automatic reply|auto(?:matic)?[- ]?(?:reply|response)|out of (?:the )?office|on vacation|vacation reply)\b"
    r"|auto:)",
    re.IGNORECASE,
)
_BOUNCE = re.compile(
    r"undeliver|delivery (?:status notification|failure|has failed)|returned mail|mail delivery failed|failure notice"
    r"|退信|投递失败|发送失败|无法投递",
    re.IGNORECASE,
)
MOST_LOOKED_AT = 200_000


@dataclass(frozen=True, slots=True)
class Bounce:
    """A mail of ours that came back: which one, if it says so, and the words of the server that would not have it.

    A report of a delay is none.
    """

    mail: tuple[int, str] | None
    words: str
    is_hard: bool


def bounce_in(message: Message, raw: bytes, *, came_back: bool) -> Bounce | None:
    """The bounce that this message reports; `came_back` says that it lies at an address where only bounces go."""
    if message.get_content_type() == "multipart/report" and _report_type(message) == "delivery-status":
        fields = _delivery_fields(message)
        if not any(action == "failed" for action, _words in fields):
            return None
        words = next(words for action, words in fields if action == "failed")
        return Bounce(quoted_mail(raw), words, says_no_such_address(words))
    subject, sender = str(message.get("Subject", "")), str(message.get("From", ""))
    from_machine = "mailer-daemon" in sender.lower() or "postmaster" in sender.lower()
    if not (came_back or from_machine) or not (from_machine or _BOUNCE.search(subject)):
        return None
    text = _all_text(message)
    found = _REFUSAL.search(text)
    if found is None and not _BOUNCE.search(subject + text[:2000]):
        return None
    words = " ".join((found[0] if found else subject).split())[:500]
    return Bounce(quoted_mail(raw), words, says_no_such_address(words))


def is_complaint(message: Message) -> bool:
    """Whether a provider reports that its customer called a mail spam."""
    return message.get_content_type() == "multipart/report" and _report_type(message) == "feedback-report"


def quoted_mail(raw: bytes) -> tuple[int, str] | None:
    """Number and key of our mail that this one has in it: only who had it in their hands knows the key."""
    found = _OUR_MAIL.search(raw[:MOST_LOOKED_AT].decode("latin-1"))
    return (int(found[1]), found[2]) if found else None


def is_from_machine(message: Message, *, sender: str, subject: str) -> bool:
    """Whether no person wrote this in answer: nothing that a program writes by itself is ever posted or answered."""
    if (message.get("Auto-Submitted", "no") or "no").split(";")[0].strip().lower() != "no":
        return True
    if str(message.get("Precedence", "")).strip().lower() in {"bulk", "junk", "list", "auto_reply"}:
        return True
    named = (
        "X-Auto-Response-Suppress",
        "X-Autoreply",
        "X-Autorespond",
        "X-Auto-Reply-From",
        "List-Id",
        "X-Mailer-Daemon",
    )
    if any(name in message for name in named) or str(message.get("Return-Path", "x")).strip() == "<>":
        return True
    return bool(_MACHINES.match(sender) or _AWAY.match(subject))


def _report_type(message: Message) -> str:
    return str(message.get_param("report-type", "")).lower()


def _delivery_fields(message: Message) -> list[tuple[str, str]]:
    """For each receiver: the action taken, and why."""
    fields = []
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        inner = part.get_payload()
        blocks = inner if isinstance(inner, list) else _blocks(content_of(part))
        for block in blocks:
            if isinstance(block, Message) and "Action" in block:
                status = _STATUS.search(str(block.get("Status", "")))
                said = " ".join(str(block.get("Diagnostic-Code", "")).split())
                words = said if not status or status[0] in said else f"{status[0]} {said}"
                fields.append((str(block["Action"]).strip().split(" ")[0].lower(), words.strip()[:500]))
    return fields


def _blocks(content: bytes) -> list[Message]:
    text = content.decode("utf-8", errors="replace").replace("\r\n", "\n")
    return [HeaderParser().parsestr(block) for block in text.split("\n\n") if block.strip()]


def _all_text(message: Message) -> str:
    pieces = (text_of(part) for part in message.walk() if part.get_content_maintype() == "text")
    return "\n".join(pieces)[:MOST_LOOKED_AT]

"""Mail that no person wrote: complaints (RFC 5965), and answers of machines (RFC 3834)."""

import re
from email.message import Message

_MACHINES = re.compile(
    r"^(?:(?:mailer-daemon|postmaster|mdaemon)\b|(?:no-?reply|do-?not-?reply|bounces?(?:\+.*)?|autoreply"
    r"|mail[._-]delivery[._-](?:sub)?system)@)",
    re.IGNORECASE,
)
_AWAY = re.compile(
    r"^\s*(?:\[?(?:自动回复|自動回覆|自动答复|自动应答|休假|外出|不在办公室)"
    r"|(?:automatic reply|auto(?:matic)?[- ]?(?:reply|response)|out of (?:the )?office|on vacation|vacation reply)\b"
    r"|auto:)|\((?:auto(?:matic)?[- ]?(?:reply|response)|自动回复)\)\s*$",
    re.IGNORECASE,
)


def is_complaint(message: Message) -> bool:
    """Whether a provider reports that its customer called a mail spam."""
    return message.get_content_type() == "multipart/report" and _report_type(message) == "feedback-report"


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
    if not sender or message.get_content_type() == "multipart/report":
        return True
    return bool(_MACHINES.match(sender) or _AWAY.search(subject))


def _report_type(message: Message) -> str:
    return str(message.get_param("report-type", "")).lower()

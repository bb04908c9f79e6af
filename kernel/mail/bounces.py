"""Mail that came back: reports that programs can read (RFC 3464), and the letters of servers that write none."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

from kernel.mail.answers import STATUS, says_no_such_address
from kernel.mail.hypertext import markdown_of
from kernel.mail.reading import content_of, decoded, in_one_line, leaves, text_of
from kernel.mail.reports import is_complaint

_OUR_MAIL = re.compile(r"<mail\.(\d{1,18})\.([0-9a-f]{22})@")
_SERVER = re.compile(r"mailer-daemon|postmaster|mdaemon|mail[ ._-]delivery[ ._-](?:sub)?system", re.IGNORECASE)
_FAILED = re.compile(r"\s*(?:fail|error)", re.IGNORECASE)
_REFUSAL = re.compile(rf"(?<![\w.-])[45][0-5]\d(?:[ -]\s?#?{STATUS.pattern}|[: ](?=\s?[^\s\d])|-(?=[^\W\d])).{{0,200}}")
_RETURNED = re.compile(
    r"undeliver|non-?delivery|failure notice|returned mail|returning (?:message )?to sender"
    r"|(?:delivery|mail|message) (?:status notification|has failed|failed|failure|error|problem)"
    r"|(?:fail(?:ed|ure)|error|problems?) (?:during |in |with )?(?:delivery|mail\b|addresses|recipients?)"
    r"|(?:could|can|was|were|been|has) ?n[o'’]t (?:be |been |accepted|able to )?(?:deliver|accepted)"
    r"|unable to deliver|did not (?:reach|receive)|permanent (?:fatal )?error|has been returned|automatically rejected"
    r"|退信|被退回|(?:投递|发送|送达|传输)失败|(?:无法|未能|不能)(?:被)?(?:投递|发送|送达)",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"not yet (?:been )?deliver|(?:been|is|message|\() ?delay(?:ed)?\b|delayed (?:mail|\d)|has been postponed"
    r"|(?:warning|advisory)[ -](?:message )?only|still being retried|will (?:be retried|continue to|keep trying)"
    r"|attempts will continue"
    r"|延迟投递|(?:尚未|暂未)(?:成功)?(?:投递|送达|发送)|(?:将|会)(?:继续|再次|重新)(?:尝试|投递|发送)",
    re.IGNORECASE,
)
_REASON = re.compile(
    rf"quota|\bfull\b|space|exceed|too (?:many|much|large|big)|loop|reject|refus|unknown|unavailable|disabled"
    rf"|timed? ?out|not (?:responding|found|recognized|been collected|accept)|#?{STATUS.pattern}"
    r"|容量|空间|已满|超过|拒绝|不存在",
    re.IGNORECASE,
)
_OUR_MAIL_FOLLOWS = re.compile(
    r"\W{0,20}(?:return-path ?:|received ?:|below (?:is|this line))"
    r"|\W{0,20}--.{0,100}\b(?:original|returned|cop(?:y|ia)|headers?|unsent|message text)\b"
    r"|.{0,20}\b(?:copy of|original message|returned mail|headers?)\b.{0,100}\b(?:follow|below|attach)"
    r"|.{0,40}附件.{0,40}(?:拷贝|原件|原信)",
    re.IGNORECASE,
)
_OUR_SUBJECT = re.compile(r"\W{0,20}(?:with |the )?(?:subject\b|主\s{0,9}题|主旨)", re.IGNORECASE)
MOST_LOOKED_AT = 200_000
MOST_WORDS, LONG, BEFORE_REASON = 500, 300, 100
MOST_TOLD = 20_000  # characters in which a server says what happened; the mail that it returns may follow


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
    is_report = message.get_content_type() == "multipart/report"
    is_from_server = _SERVER.search(decoded(message.get("From", ""))) is not None
    if is_complaint(message) or not (came_back or is_report or is_from_server):
        return None
    subject, told = decoded(message.get("Subject", "")), list(_paragraphs(message))
    receivers = list(_receivers(message))
    reason: str | None = _reason_in(told)
    if receivers:
        said = next((words for action, words in receivers if _FAILED.match(action)), None)
        reason = None if said is None else _joined(said, reason or "")
    else:
        text = "\n".join([subject, *told])
        is_returned = _RETURNED.search(text) or (is_from_server and says_no_such_address(reason or ""))
        reason = reason if is_returned and not _DELAYED.search(text) else None
    if reason is None:
        return None
    words = in_one_line(reason or subject or "".join(told[:1]))[:MOST_WORDS]
    return Bounce(quoted_mail(raw), words, says_no_such_address(reason))


def quoted_mail(raw: bytes) -> tuple[int, str] | None:
    """Number and key of our mail that this one has in it: only who had it in their hands knows the key."""
    found = _OUR_MAIL.search(raw[:MOST_LOOKED_AT].decode("latin-1"))
    return (int(found[1]), found[2]) if found else None


def _joined(said: str, told: str) -> str:
    """A report's own reason; where it is a number alone, with what the server tells people."""
    if said and STATUS.fullmatch(said) is None:
        return said
    says_what = said and not said.endswith(".0")
    return said if says_what and not _REFUSAL.match(told) else f"{said} {told}".strip()


def _reason_in(told: list[str]) -> str:
    """The server's refusal as it stands in its letter, or else the sentence there that gives a reason."""
    found = next(filter(None, map(_REFUSAL.search, told)), None)
    if found is not None:
        return found[0]
    if gone := next(filter(says_no_such_address, told), ""):
        return gone
    found = next(filter(None, map(_REASON.search, told)), None)
    if found is None:
        return ""
    return found.string[max(found.start() - BEFORE_REASON, 0) if len(found.string) > LONG else 0 :][:LONG]


def _paragraphs(message: Message) -> Iterator[str]:
    """What the server tells people, each paragraph in one line, up to the mail that it returns."""
    texts: list[str] = []
    for part in leaves(message):
        if part.get_content_maintype() != "text":
            if texts:
                break
            continue
        text = text_of(part)
        texts.append(markdown_of(text) if part.get_content_subtype() == "html" else text)
    paragraph: list[str] = []
    for line in "\n".join(texts)[:MOST_TOLD].splitlines():
        if _OUR_MAIL_FOLLOWS.match(line):
            break
        if line.strip():
            paragraph += [] if _OUR_SUBJECT.match(line) else [line]
        elif paragraph:
            yield " ".join(" ".join(paragraph).split())
            paragraph = []
    if paragraph:
        yield " ".join(" ".join(paragraph).split())


def _receivers(message: Message) -> Iterator[tuple[str, str]]:
    """For each receiver that a report names: the action taken, and why."""
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        inner = part.get_payload()
        for block in inner if isinstance(inner, list) else _blocks(content_of(part)):
            if isinstance(block, Message) and "Action" in block:
                status = STATUS.search(str(block.get("Status", "")))
                said = " ".join(str(block.get("Diagnostic-Code", "")).split())
                words = said if not status or status[0] in said else f"{status[0]} {said}"
                yield str(block["Action"]), words.strip()


def _blocks(content: bytes) -> list[Message]:
    text = content.decode("utf-8", errors="replace").replace("\r\n", "\n")
    return [HeaderParser().parsestr(block) for block in text.split("\n\n") if block.strip()]

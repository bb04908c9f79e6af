"""The line to the SMTP server: one connection for many mails, and a rest when there is none."""

import smtplib
import ssl
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import parse_qs, unquote, urlsplit

import structlog

from kernel.clock import now
from kernel.mail.answers import says_no_such_address

log = structlog.get_logger("guildhall.mail")

TIMEOUT = 10  # seconds for each answer of the server
SHORTEST_REST, LONGEST_REST = timedelta(seconds=15), timedelta(minutes=15)
TOO_LARGE, CLOSING = 552, 421


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail ready to be handed over."""

    mail_id: int
    message: EmailMessage
    sender: str
    recipient: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a letter, with the server's words.

    `deferred` and `refused` are the server's own answers to this letter; `unsure`: it broke off, and may have taken it;
    `line down`: it did not get as far as this letter.
    """

    mail_id: int
    became: Literal["sent", "deferred", "refused", "unsure", "line down"]
    words: str = ""

    @property
    def concerns_address(self) -> bool:
        """Whether the server says that there is no such address."""
        return says_no_such_address(self.words)


class _NotesData:
    """A connection that knows whether it began to give the server a letter's content."""

    gave_data = False

    def data(self, message: Any) -> tuple[int, bytes]:
        """As in smtplib."""
        self.gave_data = True
        return super().data(message)  # type: ignore[misc, no-any-return]  # mixed into smtplib's classes


class _Plain(_NotesData, smtplib.SMTP):
    pass


class _Encrypted(_NotesData, smtplib.SMTP_SSL):
    pass


class Line:
    """Opened with the first letter of a run and closed after the last; between runs it remembers only its failures."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._server: _Plain | _Encrypted | None = None
        self._failures = 0
        self._rest_until: datetime | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _t: TracebackType | None
    ) -> None:
        self._hang_up()

    def rests(self) -> bool:
        """Whether the server failed a while ago, and is left alone for now."""
        return self._rest_until is not None and now() < self._rest_until

    def hand_over(self, letter: Letter) -> Outcome:
        """Give it to the server, and say what the server said."""
        try:
            server = self._server or self._connect()
        except (OSError, smtplib.SMTPException) as error:
            return self._failed(letter, error)
        server.gave_data = False
        try:
            server.send_message(letter.message, from_addr=letter.sender, to_addrs=[letter.recipient])
        except smtplib.SMTPRecipientsRefused as error:
            return self._answered(letter, *next(iter(error.recipients.values())))
        except smtplib.SMTPDataError as error:
            return self._answered(letter, error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            return self._broke_off(letter, error, gave_data=server.gave_data)
        self._failures, self._rest_until = 0, None
        return Outcome(letter.mail_id, "sent")

    def _broke_off(self, letter: Letter, error: Exception, *, gave_data: bool) -> Outcome:
        """Before the server knew the letter it is the line that failed, unless the letter itself cannot be sent."""
        if isinstance(error, smtplib.SMTPSenderRefused) and error.smtp_code == TOO_LARGE:
            return self._answered(letter, error.smtp_code, error.smtp_error)
        if isinstance(error, smtplib.SMTPNotSupportedError | UnicodeError):
            self._hang_up()
            return Outcome(letter.mail_id, "refused", _words(error))
        failed = self._failed(letter, error)
        return replace(failed, became="unsure") if gave_data else failed

    def _answered(self, letter: Letter, code: int, words: bytes | str) -> Outcome:
        said = f"{code} {words.decode(errors='replace') if isinstance(words, bytes) else words}"[:2000]
        if code == CLOSING:
            self._failed(letter, said)
            return Outcome(letter.mail_id, "line down", said)
        return Outcome(letter.mail_id, "refused" if code >= 500 else "deferred", said)  # noqa: PLR2004 - as in RFC 5321

    def _failed(self, letter: Letter, error: object) -> Outcome:
        """No way to the server, or it does not take our mail at all: that is nobody's fault among the receivers."""
        self._hang_up()
        self._failures += 1
        self._rest_until = now() + min(SHORTEST_REST * 2 ** min(self._failures - 1, 10), LONGEST_REST)
        log.warning("the mail server does not take mail", error=_words(error), rests_until=self._rest_until.isoformat())
        return Outcome(letter.mail_id, "line down", _words(error))

    def _connect(self) -> _Plain | _Encrypted:
        """`smtp://user:password@host:587?starttls=1` or `smtps://…:465`."""
        parts = urlsplit(self.url)
        context = ssl.create_default_context()
        host = parts.hostname or "127.0.0.1"
        server: _Plain | _Encrypted
        if parts.scheme == "smtps":
            server = _Encrypted(host, parts.port or 465, timeout=TIMEOUT, context=context)
        else:
            server = _Plain(host, parts.port or 25, timeout=TIMEOUT)
        self._server = server
        if parts.scheme != "smtps" and parse_qs(parts.query).get("starttls") == ["1"]:
            server.starttls(context=context)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        return server

    def _hang_up(self) -> None:
        if self._server is not None:
            try:
                self._server.quit()
            except (OSError, smtplib.SMTPException):
                self._server.close()
            self._server = None


def _words(error: object) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return f"{error.smtp_code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"[:2000]
    return f"{type(error).__name__}: {error}"[:2000] if isinstance(error, BaseException) else str(error)

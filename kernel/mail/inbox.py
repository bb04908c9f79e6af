"""The worker reads a mailbox over IMAP, for sites to which no mail server hands mail.

A message is marked as read once it is a row here. One that is brought twice is known by its key.
"""

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import unquote, urlsplit

import structlog
from flask import current_app

from kernel.jobs import job
from kernel.mail.incoming import LARGEST, receive
from kernel.work import step_aside, unit_of_work

log = structlog.get_logger("guildhall.mail")

TIMEOUT = 20  # seconds for each answer of the server
MOST_AT_ONCE = 50
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


@job("mail.look_into_inbox", every=timedelta(minutes=1))
def look_into_inbox() -> None:
    """Take what is new in the mailbox, if one is named."""
    url = current_app.config["MAIL_INBOX"]
    if not url:
        return
    step_aside()
    try:
        with _mailbox(url) as box:
            _take_new(box)
    except (OSError, imaplib.IMAP4.error) as error:
        log.warning("the mailbox cannot be read", error=f"{type(error).__name__}: {error}")


def _take_new(box: imaplib.IMAP4) -> None:
    _state, [found] = box.uid("SEARCH", "UNSEEN")
    for uid in (found or b"").split()[:MOST_AT_ONCE]:
        number = uid.decode("ascii")
        _state, told = box.uid("FETCH", number, "(RFC822.SIZE)")
        size = _SIZE.search(told[0] if told and isinstance(told[0], bytes) else b"")
        if size is not None and int(size[1]) > LARGEST:
            log.warning("a mail is too large, and stays where it is", uid=number, size=int(size[1]))
        elif raw := _content(box, number):
            with unit_of_work():
                receive(raw)
        box.uid("STORE", number, "+FLAGS", r"(\Seen)")


def _content(box: imaplib.IMAP4, uid: str) -> bytes:
    _state, told = box.uid("FETCH", uid, "(BODY.PEEK[])")
    return next((piece[1] for piece in told if isinstance(piece, tuple)), b"")


@contextmanager
def _mailbox(url: str) -> Iterator[imaplib.IMAP4]:
    """`imaps://user:password@host/INBOX`; `imap://` without encryption, for a server on the same machine."""
    parts = urlsplit(url)
    host = parts.hostname or "127.0.0.1"
    box: imaplib.IMAP4
    if parts.scheme == "imaps":
        box = imaplib.IMAP4_SSL(host, parts.port or 993, ssl_context=ssl.create_default_context(), timeout=TIMEOUT)
    else:
        box = imaplib.IMAP4(host, parts.port or 143, timeout=TIMEOUT)
    try:
        box.login(unquote(parts.username or ""), unquote(parts.password or ""))
        state, _told = box.select(unquote(parts.path.strip("/")) or "INBOX")
        if state != "OK":
            raise imaplib.IMAP4.error("no such folder")
        yield box
    finally:
        try:
            box.logout()
        except (OSError, imaplib.IMAP4.error):
            box.shutdown()

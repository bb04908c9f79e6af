"""Who answers by mail: only the person to whom the address was given, from the address that they read mail at.

And what they see in their settings when no mail gets through to them.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Any

from flask import current_app, render_template
from markupsafe import Markup
from sqlalchemy import func, select

from accounts.models import User
from accounts.viewers import viewer_for
from kernel.clock import now
from kernel.db import session
from kernel.errors import ForbiddenError, GuildhallError, InvalidError
from kernel.files import Inspected
from kernel.files.admission import admit
from kernel.i18n import speaking
from kernel.mail import send_mail
from kernel.mail.addresses import Addressed
from kernel.mail.incoming import IncomingMail, Understood, on_reply
from kernel.mail.reading import Attachment, Reading
from kernel.mail.suppression import suppression_of
from kernel.refs import Ref
from kernel.slots import fill
from kernel.viewer import Viewer
from kernel.words import gettext as _
from kernel.work import step_aside

GOOD_FOR = timedelta(days=90)
REFUSALS_A_DAY = 5


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file of a mail that was looked into; `cid` names the picture in the text that it is."""

    file: Inspected
    cid: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of an answer; `waits` where somebody looks at it before it counts."""

    ref: Ref | None
    waits: bool = False


Answer = Callable[[Viewer, Ref, str, list[SentFile]], Answered]
_answers: dict[str, Answer] = {}


def answered_by_mail(*kinds: str) -> Callable[[Answer], Answer]:
    """Have mails that answer things of these kinds posted by this function, with the rights of who wrote them.

    It refuses as any action does; the writer is told why by mail.
    """

    def register(function: Answer) -> Answer:
        _answers.update(dict.fromkeys(kinds, function))
        return function

    return register


@on_reply
def take_reply(reading: Reading, ours: Addressed, claim: Callable[[], bool]) -> Understood:
    """Post what somebody wrote by mail, or tell them why it was not."""
    user = session().get(User, ours.user_id)
    if user is None or user.is_suspended or ours.ref is None:
        return Understood("reply", "no-such-person", user_id=ours.user_id)
    viewer, is_their_own = viewer_for(user.id), reading.sender == user.email
    step_aside()  # files take their time to be looked into
    with speaking(viewer.locale), _looked_into(reading.files if is_their_own else ()) as (files, faults):
        if not claim():
            return Understood("reply", "taken")
        try:
            if not is_their_own:
                raise ForbiddenError(
                    _("It came from %(sender)s, which is not your address here.", sender=reading.sender)
                )
            answered = _post(viewer, reading, ours, files, faults)
        except GuildhallError as refusal:
            words = refusal.detail or _("What it answers is not there any more, or you may no longer read it.")
            _tell(user.id, reading, ours.ref, reasons=[words, *faults], is_posted=False)
            return Understood("reply", "refused", words, str(ours.ref), user.id)
        if faults:
            _tell(user.id, reading, ours.ref, reasons=faults, is_posted=True)
        outcome = "waits" if answered.waits else "posted"
        return Understood("reply", outcome, " ".join(faults), str(answered.ref or ours.ref), user.id)


def _post(viewer: Viewer, reading: Reading, ours: Addressed, files: list[SentFile], faults: list[str]) -> Answered:
    if ours.ref is None or (answer := _answers.get(ours.ref.kind)) is None:
        raise ForbiddenError(_("This cannot be answered by mail."))
    if ours.day is None or now().date() - ours.day > GOOD_FOR:
        raise ForbiddenError(_("The mail that you answered is more than 90 days old. Please answer on the site."))
    if not reading.text.strip() and not files:
        raise InvalidError(_("There is no text of your own in it.") if not faults else faults.pop(0))
    with session().begin_nested():
        return answer(viewer, ours.ref, reading.text, files)


@contextmanager
def _looked_into(sent: tuple[Attachment, ...]) -> Iterator[tuple[list[SentFile], list[str]]]:
    """The files that may be kept, and why the others may not."""
    limit = int(current_app.config["SETTINGS"].upload_limit_mb) * 1024 * 1024
    files, faults = [], []
    with ExitStack() as opened:
        for attachment in sent:
            try:
                file = admit(BytesIO(attachment.content), name=attachment.name, limit_bytes=limit)
            except GuildhallError as refusal:
                faults.append(refusal.detail)
            else:
                opened.enter_context(file.content)
                files.append(SentFile(file, attachment.cid))
        yield files, faults


def _tell(user_id: int, reading: Reading, ref: Ref, **facts: Any) -> None:
    """Answer the person at their own address, whoever the mail says it is from, and not more than a few times a day."""
    recent = select(func.count()).where(
        IncomingMail.user_id == user_id,
        IncomingMail.outcome == "refused",
        IncomingMail.received_at > now() - timedelta(days=1),
    )
    if (session().scalar(recent) or 0) >= REFUSALS_A_DAY:
        return
    user = session().get_one(User, user_id)
    subject = _("About your reply by mail") if facts["is_posted"] else _("Your reply by mail was not posted")
    template = current_app.jinja_env.get_template("emails/reply_by_mail.txt")  # there is no request to render for
    body = template.render(
        name=user.display_name,
        subject=reading.subject,
        base_url=f"{current_app.config['BASE_URL']}/",
        **facts,
    )
    send_mail(
        to=user.email,
        subject=subject,
        body=body.strip() + "\n",
        kind="notice",
        user_id=user.id,
        place=ref,
        headers={"Auto-Submitted": "auto-replied"}
        | dict.fromkeys(("In-Reply-To", "References") if reading.message_id else (), reading.message_id),
    )


@fill("settings.top")
def mail_stopped(viewer: Viewer, _subject: Viewer) -> Markup | None:
    """Why the viewer gets no notices by mail, and how to get them again."""
    stopped = suppression_of(session().get_one(User, viewer.me).email)
    return Markup(render_template("accounts/_mail_stopped.html", stopped=stopped)) if stopped else None  # noqa: S704 - our own template

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from kernel.db import session
from kernel.errors import NotFoundError
from kernel.mail import Mail
from kernel.paging import keyset_page
from kernel.policy import Door
from portal.room import room
from search_index.indexing.health import health


@room.page("/staff", may=Door.STAFF)
def staff() -> ResponseReturnValue:
    """The desk of those who run the site."""
    return render_template("portal/staff.html", index=health())


@room.page("/staff/outbox", may=Door.STAFF)
def outbox() -> ResponseReturnValue:
    """All mail the site wrote."""
    page = keyset_page(select(Mail), keys=[Mail.id], limit=30, cursor=request.args.get("cursor"))
    return render_template("portal/outbox.html", mails=page.map(lambda row: row[0]))


@room.page("/staff/outbox/<int:mail_id>", may=Door.STAFF)
def mail(mail_id: int) -> ResponseReturnValue:
    """One mail."""
    found = session().get(Mail, mail_id)
    if found is None:
        raise NotFoundError
    return render_template("portal/mail.html", mail=found)

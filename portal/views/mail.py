"""The staff's view of mail: what the site wrote and how far it is, and what came in and was made of it."""

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from kernel.policy import Door
from kernel.web import current_viewer
from portal import mails
from portal.room import room


@room.page("/staff/outbox", may=Door.STAFF)
def outbox() -> ResponseReturnValue:
    """All mail the site wrote, or what is in one state."""
    state = request.args.get("state", "")
    return render_template(
        "portal/outbox.html",
        mails=mails.outbox_page(current_viewer(), state=state, cursor=request.args.get("cursor")),
        counts=mails.unsettled(),
        state=state if state in mails.STATES else "",
        **_words(),
    )


@room.page("/staff/outbox/<int:mail_id>", may=Door.STAFF)
def mail(mail_id: int) -> ResponseReturnValue:
    """One mail."""
    row = mails.mail_of(current_viewer(), mail_id)
    return render_template("portal/mail.html", row=row, **_words())


@room.page("/staff/outbox/<int:mail_id>/again", may=Door.STAFF, methods=("POST",))
def send_again(mail_id: int) -> ResponseReturnValue:
    """Give one another life."""
    mails.send_again(current_viewer(), mail_id=mail_id)
    flash(_("It goes out again."), "success")
    return redirect(url_for("portal.mail", mail_id=mail_id), 303)


@room.page("/staff/outbox/again", may=Door.STAFF, methods=("POST",))
def send_all_again() -> ResponseReturnValue:
    """Give all another life that were given up."""
    count = mails.send_all_again(current_viewer())
    flash(ngettext("%(num)s mail goes out again.", "%(num)s mails go out again.", count), "success")
    return redirect(url_for("portal.outbox", state="waiting"), 303)


@room.page("/staff/outbox/<int:mail_id>/drop", may=Door.STAFF, methods=("POST",))
def drop_mail(mail_id: int) -> ResponseReturnValue:
    """Do not send it."""
    mails.drop(current_viewer(), mail_id=mail_id)
    flash(_("It is not sent."), "success")
    return redirect(url_for("portal.mail", mail_id=mail_id), 303)


@room.page("/staff/incoming", may=Door.STAFF)
def incoming() -> ResponseReturnValue:
    """All mail that came in."""
    return render_template(
        "portal/incoming.html",
        page=mails.incoming_page(current_viewer(), cursor=request.args.get("cursor")),
        reply_address=current_app.config["MAIL_REPLY_ADDRESS"],
        counts=mails.unsettled(),
        made_of_it=mails.MADE_OF_IT,
        outcomes=mails.OUTCOMES,
    )


def _words() -> dict[str, object]:
    return {
        "states": mails.STATES,
        "kinds": mails.KINDS,
        "lives_again": mails.LIVES_AGAIN,
        "can_be_dropped": mails.CAN_BE_DROPPED,
        "has_server": bool(current_app.config["MAIL_URL"]),
    }

"""Conversations between two sides, and the first words to whoever offers a listing."""

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from kernel.errors import InvalidError
from kernel.limits import POSTING, limiter
from kernel.refs import Ref
from kernel.rooms import id_of
from kernel.web import current_viewer
from resources.actions import conversations as actions
from resources.actions import refusing
from resources.kinds.listings import LISTING
from resources.listing_loading import listing_to
from resources.models import Side
from resources.need_addresses import conversation_url
from resources.need_forms import EnquiryForm, MessageForm
from resources.need_words import names
from resources.policy import ConversationRight, ListingRight, NeedRight
from resources.queries import conversations as queries
from resources.queries.matching import has_refused, needs_for
from resources.room import room
from resources.views.needs import put_errors

LIST = 30


@room.page("/conversations", may=ConversationRight.READ)
def conversations() -> ResponseReturnValue:
    """My conversations."""
    page = queries.conversations_page(current_viewer(), cursor=request.args.get("cursor"))
    return render_template("resources/conversations.html", page=page)


@room.page("/conversations/<int:conversation_id>", may=ConversationRight.READ)
def conversation(conversation_id: int) -> ResponseReturnValue:
    """What the two sides wrote."""
    return _page(conversation_id, MessageForm(formdata=None))


@room.page("/conversations/<int:conversation_id>/messages", may=ConversationRight.WRITE, methods=("POST",))
@limiter.limit(POSTING)
def write_message(conversation_id: int) -> ResponseReturnValue:
    """Write to the other side, or close the conversation with these words."""
    viewer, form = current_viewer(), MessageForm()
    if form.validate():
        try:
            if request.form.get("then") == "close":
                actions.close(viewer, conversation_id=conversation_id, body=form.body.data)
            else:
                actions.write(viewer, conversation_id=conversation_id, body=form.body.data, once=form.once.data or None)
        except InvalidError as error:
            put_errors(form, error)
        else:
            return redirect(conversation_url(conversation_id) + "#end", 303)
    return _page(conversation_id, form), 422


@room.page("/listings/<int:listing_id>/enquiries", may=ConversationRight.ENQUIRE)
def enquiry(listing_id: int) -> ResponseReturnValue:
    """Write to whoever offers a listing."""
    purpose = request.args.get("purpose", "")
    form = EnquiryForm(formdata=None, purpose=purpose if purpose in actions.ENQUIRIES else "question")
    return _enquiry_page(listing_id, form)


@room.page("/listings/<int:listing_id>/enquiries", may=ConversationRight.ENQUIRE, methods=("POST",), endpoint="enquire")
@limiter.limit(POSTING)
def send_enquiry(listing_id: int) -> ResponseReturnValue:
    """Begin a conversation about a listing, or go on with the one that is open."""
    form = EnquiryForm()
    if form.validate():
        try:
            found = actions.enquire(
                current_viewer(),
                listing_id=listing_id,
                purpose=form.purpose.data or "question",
                body=form.body.data,
                once=form.once.data or None,
            )
        except InvalidError as error:
            put_errors(form, error)
        else:
            return redirect(conversation_url(found.id), 303)
    return _enquiry_page(listing_id, form), 422


@room.page("/listings/<int:listing_id>/needs", may=NeedRight.READ)
def listing_needs(listing_id: int) -> ResponseReturnValue:
    """The open needs that a listing fits, each with the reasons."""
    viewer = current_viewer()
    listing = listing_to(viewer, ListingRight.READ, listing_id, hold=False)
    return render_template(
        "resources/listing_needs.html",
        listing=listing,
        matches=needs_for(viewer, listing, limit=LIST),
        is_mine=listing.owner_id == viewer.user_id,
        has_refused=listing.owner_id == viewer.user_id and has_refused(viewer, Side.LISTING, listing_id),
        refusal_reasons=names("refusal", viewer.locale),
    )


@room.page("/listings/<int:listing_id>/needs/refusals", may=NeedRight.REFUSE, methods=("POST",))
@limiter.limit(POSTING)
def refuse_need(listing_id: int) -> ResponseReturnValue:
    """Not this need, because …; or, without a reason, everything that was refused may come again."""
    viewer = current_viewer()
    if "reason" not in request.form:
        refusing.take_back_refusals(viewer, listing_id=listing_id)
    else:
        refusing.refuse_match(
            viewer,
            need_id=id_of(request.form.get("need_id")) or 0,
            ref=Ref(LISTING, listing_id),
            side=Side.LISTING,
            reason=request.form["reason"],
            words=request.form.get("words", ""),
        )
    return redirect(f"/listings/{listing_id}/needs", 303)


def _page(conversation_id: int, form: MessageForm) -> str:
    view = queries.conversation_view(current_viewer(), conversation_id)
    return render_template("resources/conversation.html", view=view, form=form)


def _enquiry_page(listing_id: int, form: EnquiryForm) -> str:
    listing = listing_to(current_viewer(), ListingRight.READ, listing_id, hold=False)
    return render_template(
        "resources/enquiry.html", form=form, listing=listing, purposes=names("purpose", current_viewer().locale)
    )

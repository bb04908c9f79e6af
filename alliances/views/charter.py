"""The charter: its versions, how they differ, writing the next, and signing."""

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliances.actions import charters, signing
from alliances.charters import SECTIONS
from alliances.forms.charter import COUNTED, CharterForm, share_name
from alliances.forms.life import SignForm, number_in
from alliances.forms.members import put_errors
from alliances.here import VOICES, Here, here_at
from alliances.kinds.alliances import CHARTER
from alliances.models import CharterState, Matter, State
from alliances.parties import Party, PartyFacts, parties, spoken_for
from alliances.policy import AllianceRight
from alliances.queries.admission import words_to
from alliances.queries.charters import CharterView, charter_view, differences, seen_version
from alliances.room import room
from alliances.rules import NUMBERS
from alliances.views.frame import alliance_page, word
from kernel.errors import InvalidError
from kernel.limits import POSTING, SMALL_DEEDS, limiter
from kernel.policy import authorise
from kernel.web import current_viewer


@room.page("/alliances/<slug>/charter", may=AllianceRight.READ)
def charter(slug: str) -> ResponseReturnValue:
    """The version in force, open for signatures, or being written."""
    here = here_at(current_viewer(), slug)
    return _version_page(here, here.alliance.charter_number or 1)


@room.page("/alliances/<slug>/charter/<int:number>", may=AllianceRight.READ)
def charter_version(slug: str, number: int) -> ResponseReturnValue:
    """Any version."""
    return _version_page(here_at(current_viewer(), slug), number)


@room.page("/alliances/<slug>/charter/<int:number>/differences/<int:other>", may=AllianceRight.READ)
def charter_differences(slug: str, number: int, other: int) -> ResponseReturnValue:
    """What changed from the other version to this one."""
    viewer = current_viewer()
    here = here_at(viewer, slug)
    new, old = seen_version(here, number), seen_version(here, other)
    written = tuple(settings_text(charter_view(here, one)) for one in (other, number))
    return alliance_page(
        "alliances/charter_differences.html",
        here,
        tab="charter",
        new=new,
        old=old,
        differences=differences(old, new, settings=(written[0], written[1])),
    )


@room.page("/alliances/<slug>/charter/edit", may=AllianceRight.AMEND)
def edit_charter(slug: str) -> ResponseReturnValue:
    """Write the draft, or the next version."""
    viewer = current_viewer()
    here = here_at(viewer, slug)
    authorise(viewer, AllianceRight.AMEND, here)
    view = charter_view(here, here.alliance.charter_number or 1)
    return _edit_page(here, CharterForm(formdata=None).fill(view))


@room.page("/alliances/<slug>/charter", may=AllianceRight.AMEND, methods=("POST",), endpoint="send_charter")
@limiter.limit(POSTING)
def send_charter(slug: str) -> ResponseReturnValue:
    """Keep the draft, or put the next version to the vote; what cannot be taken stays in the form."""
    viewer, form = current_viewer(), CharterForm()
    here = here_at(viewer, slug)
    authorise(viewer, AllianceRight.AMEND, here)
    if request.form.get("preview"):
        return _edit_page(here, form, is_preview=True)
    if form.validate():
        try:
            if here.alliance.state == State.DRAFT:
                charters.write_draft(viewer, form.facts, slug=slug)
                flash(_("The charter is kept."), "success")
                return redirect(f"/alliances/{slug}/charter", 303)
            proposal = charters.propose_charter(
                viewer, form.facts, slug=slug, base=number_in(form.base.data), why=form.note.data or ""
            )
        except InvalidError as error:
            put_errors(form, error)
        else:
            flash(_("The new version is put to the vote; the members are told."), "success")
            return redirect(f"/alliances/{slug}/proposals/{proposal.number}", 303)
    return _edit_page(here, form), 422


@room.page("/alliances/<slug>/sign", may=AllianceRight.SIGN)
def sign_page(slug: str) -> ResponseReturnValue:
    """The charter with its hash, and for whom one signs it."""
    return _sign_page(here_at(current_viewer(), slug))


@room.page("/alliances/<slug>/signatures", may=AllianceRight.SIGN, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def sign_charter(slug: str) -> ResponseReturnValue:
    """Sign; the last signature that is needed founds the alliance."""
    viewer, form = current_viewer(), SignForm()
    here = here_at(viewer, slug)
    was_forming = here.alliance.state == State.FORMING
    party = Party.parse(form.party.data or "")
    if party is None or not form.validate():
        form.party.errors = [*form.party.errors, _("Choose for whom you sign.")]
        return _sign_page(here, form), 422
    signing.sign_charter(
        viewer, slug=slug, party=party, accepted=form.accepted.data or "", message=form.message.data or ""
    )
    if was_forming and here.alliance.state == State.ACTIVE:
        flash(_("With your signature enough have signed: the alliance is founded."), "success")
    else:
        flash(_("You have signed the charter.") if was_forming else _("You have accepted the charter."), "success")
    return redirect(f"/alliances/{slug}", 303)


@room.page("/alliances/<slug>/signatures/withdrawal", may=AllianceRight.SIGN, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def withdraw_signature(slug: str) -> ResponseReturnValue:
    """Take a signature back while others are still asked."""
    party = Party.parse(request.form.get("party", ""))
    if party is None:
        raise InvalidError(_("Choose for whom you act."))
    signing.withdraw_signature(current_viewer(), slug=slug, party=party, message=request.form.get("message", ""))
    flash(_("The signature was taken back."), "success")
    return redirect(f"/alliances/{slug}", 303)


def settings_text(view: CharterView) -> str:
    """The settings of a version, a line each, for comparing."""
    lines = [
        f"{_('What comes out of joint work')}: {word('ip_policy', view.settings['ip_policy'])}",
        f"{_('Days for exclusion notices')}: {view.settings['exclusion_days']}",
        f"{_('How one joins')}: {word('admission', view.settings['admission'])}",
        f"{_('Sponsors that an application needs')}: {view.settings['sponsors_needed']}",
        f"{_('Body that answers for it outside')}: {view.settings['liable_body'] or '—'}",
        *(f"{label}: {view.numbers[name]}" for name, label in number_labels().items()),
    ]
    for matter, rule in view.rules.items():
        parts = [
            word("method", rule.method),
            f"{_('threshold')} {share_name(rule.threshold)} {base_name(rule.base)}",
            f"{_('quorum')} {share_name(rule.quorum)} ({rule.quorum_count})",
            _("%(days)s days", days=rule.days),
        ]
        lines.append(f"{word('matter', matter)}: {' · '.join(parts)}")
    return "\n".join(lines)


def number_labels() -> dict[str, str]:
    """What the numbers of a charter are called."""
    return {
        "notice_days": _("Days of notice before leaving"),
        "reply_days": _("Days to reply before an expulsion is voted on"),
        "proxies": _("Proxies that one member may hold"),
        "council_cap": _("Percent of the council that one kind may hold"),
    }


def base_name(base: str) -> str:
    """Of what a threshold is a share."""
    names = {"cast": _("of yes and no"), "present": _("of all ballots"), "roll": _("of everybody entitled")}
    return str(names[base])


def _version_page(here: Here, number: int) -> str:
    view = charter_view(here, number)
    return alliance_page(
        "alliances/charter.html",
        here,
        tab="charter",
        view=view,
        sections=SECTIONS,
        numbers=number_labels(),
        share_name=share_name,
        base_name=base_name,
        ref_kind=CHARTER,
        asked=[member for member in here.members if member.asked_until is not None],
        is_current=number == (here.alliance.charter_number or 1),
    )


def _edit_page(here: Here, form: CharterForm, *, is_preview: bool = False) -> str:
    viewer = current_viewer()
    return alliance_page(
        "alliances/charter_edit.html",
        here,
        tab="charter",
        form=form.offer(viewer.locale),
        sections=SECTIONS,
        matters=[matter.value for matter in Matter],
        counted=COUNTED,
        numbers=list(NUMBERS),
        is_draft=here.alliance.state == State.DRAFT,
        is_preview=is_preview,
        running=charters.open_change(here.alliance),
    )


def _sign_page(here: Here, form: SignForm | None = None) -> str:
    """Where the viewer speaks for nobody who is asked, the page says so and offers no button."""
    viewer, alliance = here.viewer, here.alliance
    authorise(viewer, AllianceRight.SIGN, here)
    view = charter_view(here, alliance.charter_number)
    signers = _signers(here)
    form = form or SignForm(formdata=None)
    form.offer(viewer.locale, signers)
    form.accepted.data = view.version.hash
    if not form.party.data and signers:
        form.party.data = str(signers[0].party)
    return alliance_page(
        "alliances/sign.html",
        here,
        tab="charter",
        view=view,
        sections=SECTIONS,
        form=form,
        signers=signers,
        words=words_to(here) if signers else [],
        is_forming=alliance.state == State.FORMING and view.version.state == CharterState.SIGNING,
    )


def _signers(here: Here) -> list[PartyFacts]:
    """For whom the viewer can sign: members of theirs that have not accepted, or parties that were asked."""
    alliance = here.alliance
    acting = [
        Party(one.member.party_kind, one.member.party_id)
        for one in here.acting
        if one.role in VOICES and (one.member.accepted_number != alliance.charter_number or one.member.asked_until)
    ]
    mine = [*acting, *(party for party in spoken_for(here.viewer) if _may_sign(here, party))]
    known = parties(dict.fromkeys(mine))
    return [known[party] for party in dict.fromkeys(mine) if party in known]


def _may_sign(here: Here, party: Party) -> bool:
    return signing.may_sign(here.alliance, party)

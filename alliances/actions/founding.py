"""Founding: a draft from a template, its page and settings, and opening it for signatures."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from alliances.actions.invitations import send_prepared
from alliances.charters import LANGUAGES, SECTIONS, charter_hash, record_acceptance, settings_of, version_of
from alliances.events import AllianceChanged, StateChanged
from alliances.facts import Details, FoundingFacts, read_details, read_founding
from alliances.here import Here, here_at
from alliances.joining import join, name_of_party
from alliances.log import note
from alliances.models import Alliance, AllianceSector, CharterState, CharterVersion, Member, Office, State
from alliances.parties import Party, spoken_for
from alliances.policy import AllianceRight
from alliances.templates import language_of, templates
from alliances.terms import begin_term
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, ForbiddenError, InvalidError
from kernel.events import emit
from kernel.ids import slug_of
from kernel.markup import cook
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.viewer import PUBLIC, STAFF, Viewer
from kernel.words import gettext as _
from moderation.contributions import Contribution
from moderation.gate import screen

LONGEST_SLUG = 50
ALLIANCE = "alliances.alliance"
RESERVED = frozenset({"new", "mine", "thread"})
ONLY_IN_DRAFT = ("founding_members", "founding_kinds", "founding_needs", "founding_days")


def found(viewer: Viewer, facts: FoundingFacts, *, party: Party | None) -> Alliance:
    """Begin a draft in the name of `party`: the viewer is its interim chair, and nobody else sees it yet."""
    authorise(viewer, AllianceRight.FOUND)
    columns = read_founding(facts)
    _look_at(viewer, columns, Ref(ALLIANCE, 0))
    if party is None or party not in spoken_for(viewer):
        said = _("Choose for whom you found it: yourself, or an organisation that you administer.")
        raise InvalidError(_("Please look at the marked fields."), errors={"party": said})
    template = templates()[facts.template]
    if party.kind not in template.parties:
        said = _("Alliances of this template have other kinds of members.")
        raise InvalidError(_("Please look at the marked fields."), errors={"party": said})
    alliance = Alliance(
        **columns,
        slug=_free_slug(columns["name"]),
        template=template.code,
        founder_id=viewer.me,
        founding_members=template.members,
        founding_kinds=template.kinds,
        founding_needs=list(template.needs),
        founding_days=template.days,
        admission=template.admission,
        sponsors_needed=template.sponsors,
        questions=list(template.questions[language_of(viewer.locale)]),
        ip_policy=template.ip_policy,
        exclusion_days=template.exclusion_days,
        rules={},
        liable_body="",
    )
    session().add(alliance)
    try:
        session().flush()
    except IntegrityError:
        raise ConflictError(_("Somebody founded one of this name at this moment; send it again.")) from None
    alliance.audience = alliance.everybody
    session().add_all(AllianceSector(alliance_id=alliance.id, sector=sector) for sector in alliance.sectors)
    charter = CharterVersion(
        alliance_id=alliance.id,
        number=1,
        sections=template.sections(name=alliance.name, name_en=alliance.name_en),
        settings=settings_of(alliance),
        written_by_id=viewer.me,
    )
    session().add(charter)
    note(alliance, "founded", actor=viewer, name=alliance.name, template=template.code, party=name_of_party(party))
    member = join(alliance, party, representative_id=viewer.me, is_founder=True, actor=viewer)
    begin_term(alliance, Office.CHAIR, user_id=viewer.me, member_id=member.id, actor=viewer)
    session().flush()
    emit(AllianceChanged(alliance.id))
    return alliance


def edit_alliance(viewer: Viewer, facts: Details, *, slug: str) -> Alliance:
    """Change the page and the settings that are not the charter's."""
    here = here_at(viewer, slug, hold=True)
    authorise(viewer, AllianceRight.EDIT, here)
    alliance = here.alliance
    columns = read_details(facts)
    _look_at(
        viewer,
        columns,
        Ref(ALLIANCE, alliance.id),
        before=_said({"summary": alliance.summary, "summary_en": alliance.summary_en}),
    )
    if alliance.state != State.DRAFT:
        columns = {name: value for name, value in columns.items() if name not in ONLY_IN_DRAFT}
    changed = sorted(name for name, value in columns.items() if getattr(alliance, name) != value)
    if not changed:
        return alliance
    if "sectors" in changed:
        session().execute(delete(AllianceSector).where(AllianceSector.alliance_id == alliance.id))
        session().add_all(AllianceSector(alliance_id=alliance.id, sector=sector) for sector in columns["sectors"])
    for name in changed:
        setattr(alliance, name, columns[name])
    note(alliance, "edited", actor=viewer, what=changed)
    session().flush()
    emit(AllianceChanged(alliance.id))
    return alliance


def open_for_signatures(viewer: Viewer, *, slug: str) -> Alliance:
    """The draft becomes public and its charter fixed; whoever founded it signs first, those prepared are asked."""
    here = here_at(viewer, slug, hold=True)
    authorise(viewer, AllianceRight.OPEN, here)
    alliance = here.alliance
    charter = version_of(alliance, 1)
    if charter is None:
        raise ConflictError(_("There is no charter to sign."))
    _must_be_complete(charter)
    alliance.state, alliance.audience, alliance.opened_at = State.FORMING.value, PUBLIC, now()
    alliance.forming_until = now() + timedelta(days=alliance.founding_days)
    alliance.charter_number = 1
    charter.state, charter.settings = CharterState.SIGNING.value, settings_of(alliance)
    charter.hash = charter_hash(alliance, charter)
    note(
        alliance,
        "opened",
        actor=viewer,
        hash=charter.hash,
        until=alliance.forming_until.isoformat(),
        members=alliance.founding_members,
        kinds=alliance.founding_kinds,
        needs=list(alliance.founding_needs),
    )
    founder = _founder(here)
    record_acceptance(alliance, founder, user_id=viewer.me, actor=viewer)
    send_prepared(alliance)
    session().flush()
    emit(StateChanged(alliance.id, viewer.user_id, State.DRAFT.value, State.FORMING.value))
    emit(AllianceChanged(alliance.id))
    return alliance


def _look_at(viewer: Viewer, columns: Mapping[str, Any], place: Ref, *, before: str = "") -> None:
    """What somebody new says of an alliance has its limits; raises `InvalidError` on the field `summary`."""
    said = _said(columns)
    names = f"{columns['name']} {columns['name_en']}"
    it = Contribution("", {}, place, PUBLIC, STAFF, title=names, body=said, html=cook(said).html, field="summary")
    screen(viewer, replace(it, before=cook(before).html), is_public=False)


def _said(columns: Mapping[str, Any]) -> str:
    return "\n\n".join(filter(None, (columns.get("summary"), columns.get("summary_en"))))


def _must_be_complete(charter: CharterVersion) -> None:
    """Every section says something in one of the two languages at least."""
    empty = [key for key in SECTIONS if not any(charter.sections[key][language] for language in LANGUAGES)]
    if empty:
        raise InvalidError(
            _("Every section of the charter needs a text."),
            errors={f"zh_{key}": _("Please fill this in.") for key in empty},
        )


def _founder(here: Here) -> Member:
    if not here.members:
        raise ForbiddenError(_("You act for no member of this alliance."))
    return here.members[0]


def _free_slug(name: str) -> str:
    base = slug_of(name, length=LONGEST_SLUG)
    if base in RESERVED:
        base = f"alliance-{base}"
    taken = set(session().scalars(select(Alliance.slug).where(Alliance.slug.startswith(base))))
    return next(
        slug
        for number in range(1, len(taken) + 2)
        if (slug := base if number == 1 else f"{base}-{number}") not in taken
    )

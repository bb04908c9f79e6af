"""Shape of what is typed into proposals, proxies and reviews; what is allowed is decided by the actions."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Length, Optional

from alliances.counting import Method
from alliances.here import Here
from alliances.models import Electorate, Group
from alliances.proposal_text import (
    LONGEST_BODY,
    LONGEST_STATEMENT,
    LONGEST_TITLE,
    MOST_OPTIONS,
    Candidate,
    ProposalFacts,
    Slot,
)
from alliances.rules import fraction
from alliances.wishes import Wishes
from alliances.words import names
from kernel.i18n import zone
from kernel.ids import new_token
from kernel.rooms import id_of

SHARES = ("1/4", "1/3", "1/2", "3/5", "2/3", "3/4", "4/5", "1/1")
LONGEST_OPTIONS = 10_000
MOMENT = "%Y-%m-%dT%H:%M"


class CandidateForm(Form):
    """One candidate."""

    handle = StringField(_("Handle"), [Length(max=40)])
    statement = TextAreaField(_("Statement"), [Length(max=LONGEST_STATEMENT)])


class SlotForm(Form):
    """One time that may suit, in the zone of the viewer."""

    starts = StringField(_("Begins"), [Length(max=20)])
    ends = StringField(_("Ends"), [Length(max=20)])


class ProposalForm(FlaskForm):
    """A proposal. `once` makes the second sending of the same form harmless."""

    title = StringField(_("What is to be decided?"), [Length(max=LONGEST_TITLE)])
    body = TextAreaField(_("Text"), [Length(max=LONGEST_BODY)])
    method = RadioField(_("How is it decided?"), validate_choice=False)
    electorate = RadioField(_("Who decides?"), validate_choice=False)
    office = SelectField(_("Office"), validate_choice=False)
    options = TextAreaField(_("Options, one a line"), [Length(max=LONGEST_OPTIONS)])
    candidates = FieldList(FormField(CandidateForm), min_entries=3, max_entries=MOST_OPTIONS)
    slots = FieldList(FormField(SlotForm), min_entries=3, max_entries=MOST_OPTIONS)
    with_none = BooleanField(_("Add “none of these”"))
    seats = IntegerField(_("How many are chosen?"), [Optional()])
    max_score = IntegerField(_("Highest score"), [Optional()])
    dots = IntegerField(_("Dots each has"), [Optional()])
    ballot = RadioField(_("The ballot"), validate_choice=False)
    lot = BooleanField(_("If no rule breaks a tie, draw lots"))
    is_secret = BooleanField(_("Secret ballot"))
    hides_results = BooleanField(_("Show results only at the end"))
    threshold = SelectField(_("Share in favour"), validate_choice=False)
    quorum_share = SelectField(_("Quorum, as a share"), validate_choice=False)
    quorum_count = IntegerField(_("Quorum, as a number"), [Optional()])
    days = IntegerField(_("Days to vote"), [Optional()])
    review_on = DateField(_("Look at it again on"), [Optional()])
    once = HiddenField(default=new_token)

    def offer(self, here: Here, groups: Sequence[Group], methods: Sequence[Method]) -> "ProposalForm":
        """Fill in what can be chosen, in the language of the page."""
        locale = here.viewer.locale
        called, offices = names("method", locale), names("office", locale)
        self.method.choices = [(method.value, called[method]) for method in methods]
        electorates = names("electorate", locale)
        self.electorate.choices = [(Electorate.MEMBERS.value, electorates[Electorate.MEMBERS])]
        if here.is_in_council:
            self.electorate.choices.append((Electorate.COUNCIL.value, electorates[Electorate.COUNCIL]))
        self.electorate.choices += [(f"group:{group.id}", group.name) for group in groups]
        self.office.choices = [("", _("Choose")), *offices.items()]
        self.ballot.choices = [(method.value, called[method]) for method in (Method.RANKED, Method.APPROVAL)]
        as_charter = ("", _("As the charter says"))
        self.threshold.choices = [as_charter, *((share, share) for share in SHARES[2:])]
        self.quorum_share.choices = [as_charter, *((share, share) for share in SHARES)]
        return self

    def facts(self, timezone: str) -> ProposalFacts:
        """What was typed."""
        electorate, _colon, group = (self.electorate.data or "").partition(":")
        return ProposalFacts(
            title=self.title.data or "",
            body=self.body.data or "",
            method=self.method.data or "",
            electorate=electorate,
            group_id=id_of(group),
            office=self.office.data or "",
            is_secret=bool(self.is_secret.data),
            hides_results=bool(self.hides_results.data),
            days=self.days.data,
            review_on=self.review_on.data,
            options=tuple((self.options.data or "").splitlines()),
            candidates=tuple(
                Candidate(row["handle"] or "", row["statement"] or "") for row in self.candidates.data if row["handle"]
            ),
            slots=tuple(filter(None, (_slot(row, timezone) for row in self.slots.data))),
            with_none=bool(self.with_none.data),
            wishes=Wishes(
                threshold=self.threshold.data or "",
                quorum_share=self.quorum_share.data or "",
                quorum_count=self.quorum_count.data or 0,
                seats=1 if self.seats.data is None else self.seats.data,
                max_score=5 if self.max_score.data is None else self.max_score.data,
                dots=10 if self.dots.data is None else self.dots.data,
                ballot=self.ballot.data or Method.RANKED.value,
                lot=bool(self.lot.data),
            ),
        )

    def check_moments(self) -> bool:
        """Whether every time that was typed is one; what is not is said at the field."""
        for row in self.slots:
            for field in (row.form.starts, row.form.ends):
                if field.data and _moment(field.data, "UTC") is None:
                    self.slots.errors = [_("Write times as 2026-11-30T14:00.")]
                    return False
            if row.form.ends.data and not row.form.starts.data:
                self.slots.errors = [_("Say when it begins.")]
                return False
        return True


class WordsForm(FlaskForm):
    """A message, with whatever is done."""

    message = TextAreaField(_("Message"), [Length(max=2000)])


class ProxyForm(FlaskForm):
    """Who votes for one's member, on what, and how."""

    from_member = SelectField(_("For which member"), validate_choice=False)
    to_member = StringField(_("Who votes for it"), [Length(max=200)])
    proposal = SelectField(_("On what"), validate_choice=False)
    until = DateField(_("Until"), [Optional()])
    instructions = TextAreaField(_("How it should vote"), [Length(max=2000)])


class ReviewForm(FlaskForm):
    """What came of looking at a resolution again."""

    text = TextAreaField(_("What came of it"), [Length(max=4000)])
    again_on = DateField(_("Look at it again on"), [Optional()])
    superseded_by = StringField(_("Superseded by resolution"), [Length(max=12)])


def form_values(facts: ProposalFacts, timezone: str) -> Mapping[str, Any]:
    """What stands in the fields for a proposal that was written before."""
    of_group = facts.electorate == Electorate.GROUP
    return {
        "title": facts.title,
        "body": facts.body,
        "method": facts.method,
        "electorate": f"group:{facts.group_id}" if of_group else facts.electorate,
        "office": facts.office,
        "options": "\n".join(facts.options),
        "candidates": [{"handle": one.handle, "statement": one.statement} for one in facts.candidates],
        "slots": [
            {"starts": _typed(one.starts_at, timezone), "ends": _typed(one.ends_at, timezone)} for one in facts.slots
        ],
        "with_none": facts.with_none,
        "is_secret": facts.is_secret,
        "hides_results": facts.hides_results,
        "days": facts.days,
        "review_on": facts.review_on,
        "seats": facts.wishes.seats,
        "max_score": facts.wishes.max_score,
        "dots": facts.wishes.dots,
        "ballot": facts.wishes.ballot,
        "lot": facts.wishes.lot,
        "threshold": facts.wishes.threshold,
        "quorum_share": facts.wishes.quorum_share if fraction(facts.wishes.quorum_share) else "",
        "quorum_count": facts.wishes.quorum_count or None,
    }


def end_of_day(day: date, timezone: str) -> datetime:
    """The last second of a day in the viewer's zone."""
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=zone(timezone)).astimezone(UTC)


def _slot(row: Mapping[str, str | None], timezone: str) -> Slot | None:
    starts = _moment(row["starts"] or "", timezone)
    return None if starts is None else Slot(starts, _moment(row["ends"] or "", timezone))


def _moment(text: str, timezone: str) -> datetime | None:
    try:
        read = datetime.strptime(text.strip()[:16].replace(" ", "T"), MOMENT).replace(tzinfo=zone(timezone))
        return read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _typed(moment: datetime | None, timezone: str) -> str:
    return "" if moment is None else f"{moment.astimezone(zone(timezone)):{MOMENT}}"

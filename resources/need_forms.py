"""Shape and length of what is typed into needs, answers and messages; what is allowed is decided by the actions."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    DateField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from accounts.sectors import sectors
from alliances.queries.names import alliances_by_token
from kernel.ids import new_token
from resources.need_text import (
    LONGEST_MESSAGE,
    LONGEST_SHORT,
    LONGEST_TEASER,
    LONGEST_TEXT,
    LONGEST_TITLE,
    MOST_TARGETS,
    NeedFacts,
    Target,
    alliances,
)
from resources.need_words import names
from resources.vocabulary import names as listing_names

SHORT = [Length(max=LONGEST_SHORT)]
LONG = [Length(max=LONGEST_TEXT)]
WORDS = [InputRequired(_("Write a few words to the other side.")), Length(max=LONGEST_MESSAGE)]


class TargetForm(Form):
    """One figure to be reached."""

    quantity = StringField(_("Quantity"), SHORT)
    value = StringField(_("Value"), SHORT)
    unit = StringField(_("Unit"), SHORT)


class NeedForm(FlaskForm):
    """A need, in parts that can be compared. `once` makes the second sending of the same form harmless."""

    title = StringField(_("What do you look for?"), [Length(max=LONGEST_TITLE)])
    kind = RadioField(_("What kind of help?"), validate_choice=False)
    sectors = SelectMultipleField(
        _("Sectors"), validate_choice=False, option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False)
    )
    place = StringField(_("Province or city"), SHORT)
    teaser = TextAreaField(_("In short"), [Length(max=LONGEST_TEASER)])
    targets = FieldList(FormField(TargetForm), min_entries=3, max_entries=MOST_TARGETS)
    problem = TextAreaField(_("The problem"), LONG)
    constraints = TextAreaField(_("Constraints"), LONG)
    tried = TextAreaField(_("Already tried"), LONG)
    is_full_shown = RadioField(_("Who reads the full text?"), choices=[], validate_choice=False)
    budget = SelectField(_("Budget"), validate_choice=False)
    deadline = DateField(_("Open until"), [Optional()])
    ip_wish = SelectField(_("Intellectual property"), validate_choice=False)
    trl = SelectField(_("Maturity wanted"), validate_choice=False)
    visibility = RadioField(_("Who sees it?"), validate_choice=False)
    alliance = SelectField(_("Which alliance"), validate_choice=False)
    once = HiddenField(default=new_token)

    def offer(self, locale: str, audience: frozenset[str]) -> "NeedForm":
        """Fill in what can be chosen, in the language of the page."""
        nothing = ("", _("Not said"))
        self.kind.choices = list(names("kind", locale).items())
        self.sectors.choices = list(sectors(locale).items())
        self.budget.choices = [nothing, *names("budget", locale).items()]
        self.ip_wish.choices = [nothing, *names("ip_wish", locale).items()]
        self.trl.choices = [nothing, *listing_names("trl", locale).items()]
        self.is_full_shown.choices = [("", _("Only those to whom I open it")), ("all", _("Whoever sees the need"))]
        held = alliances(audience)
        self.visibility.choices = [
            (code, name) for code, name in names("visibility", locale).items() if code != "alliance" or held
        ]
        named = alliances_by_token(held, locale)
        self.alliance.choices = [(token, named[token].name) for token in held if token in named]
        return self

    @property
    def facts(self) -> NeedFacts:
        """What was typed."""
        return NeedFacts(
            title=self.title.data or "",
            kind=self.kind.data or "",
            teaser=self.teaser.data or "",
            problem=self.problem.data or "",
            constraints=self.constraints.data or "",
            tried=self.tried.data or "",
            is_full_shown=self.is_full_shown.data == "all",
            targets=tuple(
                Target(*(row[name] or "" for name in ("quantity", "value", "unit"))) for row in self.targets.data
            ),
            budget=self.budget.data or "",
            deadline=self.deadline.data,
            ip_wish=self.ip_wish.data or "",
            sectors=tuple(self.sectors.data or ()),
            place=self.place.data or "",
            trl=int(self.trl.data[:2]) if (self.trl.data or "").isdecimal() else None,
            visibility=self.visibility.data or "",
            alliance=self.alliance.data or "",
        )


class AnswerForm(FlaskForm):
    """An answer to a need."""

    message = TextAreaField(_("How would you do it?"), WORDS)
    listing = SelectField(_("One of your listings"), validate_choice=False)
    price = StringField(_("Price"), SHORT)
    time_needed = StringField(_("Time"), SHORT)
    once = HiddenField(default=new_token)


class DecisionForm(FlaskForm):
    """What becomes of an answer or a need, with words to the other side."""

    message = TextAreaField(_("Message"), [Length(max=LONGEST_MESSAGE)])
    reason = SelectField(_("Why"), validate_choice=False)


class MessageForm(FlaskForm):
    """Words to the other side of a conversation."""

    body = TextAreaField(_("Your message"), WORDS)
    once = HiddenField(default=new_token)


class EnquiryForm(MessageForm):
    """The first words to whoever offers a listing."""

    purpose = HiddenField(default="question")

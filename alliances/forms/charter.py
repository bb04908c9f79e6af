"""The long form of a charter: thirteen sections in two languages, and the settings that stand in it."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import Length

from alliances.charter_facts import (
    LONGEST_BODY,
    LONGEST_NOTE,
    LONGEST_SECTION,
    METHODS,
    CharterFacts,
)
from alliances.charters import LANGUAGES, SECTIONS
from alliances.forms.life import MOST_DIGITS, number_in
from alliances.models import Matter
from alliances.queries.charters import CharterView
from alliances.rules import BASES, NUMBERS
from alliances.words import names

THRESHOLDS = ("1/2", "3/5", "2/3", "3/4", "4/5", "1/1")
QUORUMS = ("0/1", "1/4", "1/3", "1/2", ">1/2", "2/3", "3/4", "1/1")  # `>`: more than the share
CHOSEN = ("method", "threshold", "base", "quorum_share")
COUNTED = ("quorum_count", "days")


class CharterForm(FlaskForm):
    """Its fields beside these: `zh_mission` and the like, and `charter_threshold` and the like for every matter."""

    base = HiddenField()
    note = TextAreaField(_("Why should it change?"), [Length(max=LONGEST_NOTE)])
    ip_policy = RadioField(_("What comes out of joint work"), validate_choice=False)
    exclusion_days = StringField(_("Days for exclusion notices"), [Length(max=MOST_DIGITS)])
    admission = RadioField(_("How one joins"), validate_choice=False)
    sponsors_needed = StringField(_("Sponsors that an application needs"), [Length(max=MOST_DIGITS)])
    liable_body = StringField(_("Body that answers for it outside"), [Length(max=LONGEST_BODY)])
    notice_days = StringField(_("Days of notice before leaving"), [Length(max=MOST_DIGITS)])
    reply_days = StringField(_("Days to reply before an expulsion is voted on"), [Length(max=MOST_DIGITS)])
    proxies = StringField(_("Proxies that one member may hold"), [Length(max=MOST_DIGITS)])
    council_cap = StringField(_("Percent of the council that one kind may hold"), [Length(max=MOST_DIGITS)])

    def offer(self, locale: str) -> "CharterForm":
        """Fill in what can be chosen, in the language of the page."""
        self.ip_policy.choices = list(names("ip_policy", locale).items())
        self.admission.choices = list(names("admission", locale).items())
        methods = names("method", locale)
        bases = {"cast": _("of yes and no"), "present": _("of all ballots"), "roll": _("of everybody entitled")}
        for matter in Matter:
            self[f"{matter}_method"].choices = [(code, methods[code]) for code in METHODS[matter]]
            self[f"{matter}_base"].choices = [(code, bases[code]) for code in BASES]
            for name, usual in (("threshold", THRESHOLDS), ("quorum_share", QUORUMS)):
                field = self[f"{matter}_{name}"]
                field.choices = [(share, share_name(share)) for share in _with(usual, field.data)]
        return self

    def fill(self, view: CharterView) -> "CharterForm":
        """Begin with a version."""
        self.base.data = str(view.version.number)
        for key in SECTIONS:
            for language in LANGUAGES:
                self[f"{language}_{key}"].data = view.sections[key][language]
        for name in ("ip_policy", "admission", "liable_body"):
            self[name].data = view.settings[name]
        for name in ("exclusion_days", "sponsors_needed"):
            self[name].data = str(view.settings[name])
        for name, number in view.numbers.items():
            self[name].data = str(number)
        for matter, rule in view.rules.items():
            for name in (*CHOSEN, *COUNTED):
                self[f"{matter}_{name}"].data = str(getattr(rule, name))
            self[f"{matter}_quorum_share"].data = rule.quorum
        return self

    @property
    def facts(self) -> CharterFacts:
        """What was typed."""
        return CharterFacts(
            sections={
                key: {language: self[f"{language}_{key}"].data or "" for language in LANGUAGES} for key in SECTIONS
            },
            rules={matter.value: self._rule(matter) for matter in Matter},
            numbers={name: number_in(self[name].data) for name in NUMBERS},
            ip_policy=self.ip_policy.data or "",
            exclusion_days=number_in(self.exclusion_days.data),
            admission=self.admission.data or "",
            sponsors_needed=number_in(self.sponsors_needed.data),
            liable_body=self.liable_body.data or "",
        )

    def _rule(self, matter: Matter) -> Mapping[str, Any]:
        rule: dict[str, Any] = {name: self[f"{matter}_{name}"].data or "" for name in CHOSEN}
        rule |= {name: number_in(self[f"{matter}_{name}"].data) for name in COUNTED}
        share = rule["quorum_share"]
        return rule | {"quorum_share": share.removeprefix(">"), "quorum_strict": share.startswith(">")}


for _key in SECTIONS:
    for _language in LANGUAGES:
        setattr(CharterForm, f"{_language}_{_key}", TextAreaField(validators=[Length(max=LONGEST_SECTION)]))
for _matter in Matter:
    for _name in CHOSEN:
        setattr(CharterForm, f"{_matter}_{_name}", SelectField(validate_choice=False))
    for _name in COUNTED:
        setattr(CharterForm, f"{_matter}_{_name}", StringField(validators=[Length(max=MOST_DIGITS)]))


def share_name(share: str) -> str:
    """How a share reads: no fraction over one, and `>1/2` in words."""
    if share.startswith(">"):
        return str(_("more than %(share)s", share=share[1:]))
    if share == "1/1":
        return str(_("everybody"))
    return str(_("none") if share == "0/1" else share)


def _with(usual: Sequence[str], chosen: str | None) -> Sequence[str]:
    return usual if not chosen or chosen in usual else (*usual, chosen)

"""The form of a listing, made from what its kind declares."""

from collections.abc import Mapping, Sequence
from functools import cache

from flask_babel import lazy_gettext as _l
from wtforms import (
    Field,
    HiddenField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    URLField,
)
from wtforms.widgets import CheckboxInput, ListWidget

from accounts.cities import cities_of
from accounts.forms import RoomForm
from accounts.models import Organisation
from accounts.places import regions
from accounts.sectors import sectors
from kernel.ids import new_token
from resources.facts import LONGEST_FACT, LONGEST_LONG_FACT
from resources.in_name_of import called
from resources.offers import FACT, LONGEST_BODY, LONGEST_PLACE, LONGEST_SUMMARY, LONGEST_TARIFF, LONGEST_TITLE
from resources.vocabulary import COLUMNS, KINDS, FactField, ListingKind, names


class ListingForm(RoomForm):
    """What every form of a listing has; its fields are those of the kind."""

    once = HiddenField(default=new_token)
    version = HiddenField()
    organisation = SelectField(_l("In whose name"), validate_choice=False)

    def offer(self, organisations: Sequence[Organisation], locale: str) -> "ListingForm":
        """Let these be chosen; what stands there already may stay."""
        known = [SelectChoice(str(one.id), called(one, locale)) for one in organisations]
        self.organisation.choices = [SelectChoice("", _l("My own")), *known]
        return self

    def typed(self, kind: str) -> dict[str, str]:
        """What was typed, by column."""
        values = {name: field.data for name, field in self._fields.items() if name not in _OWN}
        return {
            "kind": kind,
            **{
                name: "; ".join(value) if isinstance(value, list) else str(value or "")
                for name, value in values.items()
            },
        }


_OWN = ("once", "version", "csrf_token")


def listing_form(
    kind: ListingKind,
    locale: str,
    values: Mapping[str, str] | None = None,
    *,
    organisations: Sequence[Organisation] = (),
) -> ListingForm:
    """The form of a kind, as it was sent, or with `values` to begin from (columns as `typed_of` gives them).

    `organisations` are those in whose name one may offer.
    """
    made = _form(kind.code, "zh_Hans" if locale.startswith("zh") else "en")
    if values is None:
        return made().offer(organisations, locale)
    start: dict[str, object] = dict(values)
    start["sectors"] = [slug for slug in values.get("sectors", "").split("; ") if slug]
    start["region"] = values.get("city") or values.get("region", "")
    return made(formdata=None, data=start).offer(organisations, locale)


@cache
def _form(code: str, locale: str) -> type[ListingForm]:
    kind = KINDS[code]
    fields: dict[str, object] = {
        "title": StringField(_label("title", locale), render_kw={"maxlength": LONGEST_TITLE}),
        "summary": TextAreaField(_label("summary", locale), render_kw={"rows": 2, "maxlength": LONGEST_SUMMARY}),
        "body": TextAreaField(_label("body", locale), render_kw={"rows": 8, "maxlength": LONGEST_BODY}),
        "sectors": SelectMultipleField(
            _label("sectors", locale),
            choices=[SelectChoice(slug, name) for slug, name in sectors(locale).items()],
            validate_choice=False,
            widget=ListWidget(prefix_label=False),
            option_widget=CheckboxInput(),
        ),
        "region": SelectField(_l("Province or city"), choices=_places(locale), validate_choice=False),
        "place": StringField(_label("place", locale), render_kw={"maxlength": LONGEST_PLACE}),
        "funding": _select("funding", names("funding", locale), locale),
        "access": SelectField(
            _label("access", locale),
            choices=[SelectChoice(mode, names("access", locale)[mode]) for mode in kind.access],
            validate_choice=False,
        ),
        "access_url": URLField(_label("access_url", locale), render_kw={"maxlength": 300, "placeholder": "https://"}),
        "price": StringField(_label("price", locale), render_kw={"inputmode": "decimal", "maxlength": 20}),
        "currency": SelectField(
            _label("currency", locale),
            choices=[SelectChoice(code, name) for code, name in names("currency", locale).items()],
            validate_choice=False,
        ),
        "price_unit": _select("price_unit", names("price_unit", locale), locale),
        "tariff": TextAreaField(_label("tariff", locale), render_kw={"rows": 2, "maxlength": LONGEST_TARIFF}),
        **{FACT + field.name: _fact(field, locale) for field in kind.fields},
    }
    if kind.has_trl:
        fields["trl"] = _select("trl", names("trl", locale), locale)
    return type("ListingForm", (ListingForm,), fields)


def _label(column: str, locale: str) -> str:
    return COLUMNS[column].label.of(locale)


def _select(column: str, known: Mapping[str, str], locale: str) -> SelectField:
    choices = [SelectChoice("", "—"), *(SelectChoice(code, name) for code, name in known.items())]
    return SelectField(_label(column, locale), choices=choices, validate_choice=False)


def _fact(field: FactField, locale: str) -> Field:
    label = field.label.of(locale)
    if field.type == "choice":
        choices = [SelectChoice("", "—"), *(SelectChoice(*pair) for pair in names(field.choices, locale).items())]
        return SelectField(label, choices=choices, validate_choice=False)
    if field.type == "url":
        return URLField(label, render_kw={"maxlength": 300, "placeholder": "https://"})
    if field.type == "number":
        return StringField(label, render_kw={"inputmode": "decimal", "maxlength": 30})
    if field.type == "date":
        return StringField(label, render_kw={"type": "date"})
    if field.is_long:
        return TextAreaField(label, render_kw={"rows": 2, "maxlength": LONGEST_LONG_FACT})
    return StringField(label, render_kw={"maxlength": LONGEST_FACT})


def _places(locale: str) -> list[SelectChoice]:
    """Every province, and under it its cities."""
    choices = [SelectChoice("", "—")]
    for code, name in regions(locale).items():
        choices.append(SelectChoice(code, name, optgroup=name))
        choices += [SelectChoice(city, town, optgroup=name) for city, town in cities_of(code, locale).items()]
    return choices

"""What the API says and takes of charters and signatures."""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from alliances.charter_facts import LONGEST_BODY, LONGEST_NOTE, LONGEST_SECTION, CharterFacts, facts_of, rule_in
from alliances.charters import SECTIONS
from alliances.counting import Method
from alliances.models import Admission, IpPolicy, Matter, State
from alliances.queries.charters import CharterView, VersionRow
from alliances.rules import LARGEST_NUMBER, LONGEST_VOTE, NUMBERS
from alliances.schemas.alliances import PartyName
from alliances.schemas.proposals import Share
from alliances.schemas.shapes import Words
from kernel.api import Given, Listing, Plain, Shown, Word

Text = Annotated[Plain, Field(max_length=LONGEST_SECTION)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Days = Annotated[int, Field(ge=0, le=366)]


class CharterItem(Shown):
    """A version of a charter in the list."""

    number: int
    state: str
    hash: str
    in_force_at: datetime | None
    ended_at: datetime | None
    accepted: int

    @classmethod
    def of(cls, row: VersionRow) -> "CharterItem":
        """From the row of the page."""
        return cls(
            number=row.number,
            state=row.state,
            hash=row.hash,
            in_force_at=row.in_force_at,
            ended_at=row.ended_at,
            accepted=row.accepted,
        )


class CharterList(Listing[CharterItem]):
    """Versions, the newest first."""


class CharterShown(Shown):
    """A version. Its hash is SHA-256 of the canonical JSON of alliance, number, sections and settings."""

    number: int
    state: str
    hash: str
    in_force_at: datetime | None
    sections: dict[str, dict[str, str]]
    settings: dict[str, Any]
    accepted: int


class SectionGiven(Given):
    """The text of a section."""

    zh: Text = ""
    en: Text = ""


class RuleGiven(Given):
    """How one matter is decided; what is left out stays as it is. `quorum_strict`: more than the share takes part."""

    method: Annotated[Method, Field(strict=False)] = Method.SIMPLE
    threshold: Share = ""
    base: Word = ""
    quorum_share: Share = ""
    quorum_strict: bool = False
    quorum_count: Annotated[int, Field(ge=0, le=LARGEST_NUMBER)] = 0
    days: Annotated[int, Field(ge=1, le=LONGEST_VOTE)] = 1


class TextGiven(Given):
    """A charter anew: sections, rules by matter, numbers, settings. What is left out stays as it is."""

    sections: dict[Word, SectionGiven] = Field(default_factory=dict, description=f"By key: {', '.join(SECTIONS)}.")
    rules: dict[Word, RuleGiven] = Field(default_factory=dict, description=f"By matter: {', '.join(Matter)}.")
    numbers: dict[Word, Days] = Field(default_factory=dict, description=f"By name: {', '.join(NUMBERS)}.")
    ip_policy: Annotated[IpPolicy | None, Field(strict=False)] = None
    exclusion_days: Days | None = None
    admission: Annotated[Admission | None, Field(strict=False)] = None
    sponsors_needed: Days | None = None
    liable_body: Annotated[Plain | None, Field(max_length=LONGEST_BODY)] = None

    def over(self, view: CharterView) -> CharterFacts:
        """That version with what was given in its place."""
        before = facts_of(view.sections, view.settings)
        typed = {key: {"zh": text.zh, "en": text.en} for key, text in self.sections.items() if key in SECTIONS}
        rules = {
            matter.value: {
                **asdict(rule_in(view.settings, matter)),
                **self.rules[matter].model_dump(mode="json", exclude_unset=True),
            }
            for matter in Matter
            if matter in self.rules
        }
        plain = {"ip_policy", "exclusion_days", "admission", "sponsors_needed", "liable_body"}
        return replace(
            before,
            sections={**view.sections, **typed},
            rules={**before.rules, **rules},
            numbers={**before.numbers, **{name: self.numbers[name] for name in NUMBERS if name in self.numbers}},
            **self.model_dump(mode="json", include=plain, exclude_none=True),
        )


class VersionGiven(TextGiven):
    """Another text of the charter, to be voted on."""

    base: Annotated[int, Field(ge=1, description="The version that it was written from.")]
    why: Annotated[Plain, Field(min_length=1, max_length=LONGEST_NOTE)]


class SignatureGiven(Given):
    """Who signs which text."""

    party: PartyName
    hash: Hash
    message: Words = ""


class SignatureShown(Shown):
    """What came of it."""

    member: int
    charter: int
    state: State

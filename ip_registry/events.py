"""What happens around records. Each names the record; what it needs beyond that, a subscriber reads."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RecordsRegistered:
    """New records were accepted; their places in the log come after the commit.

    The others beside `opened_ids` live blind: nothing here says what they are, or who else they are by.
    """

    actor_id: int
    record_ids: tuple[int, ...]
    opened_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RecordsDeposited:
    """What opens records that were blind until now was left here."""

    actor_id: int
    opened_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """A named author signed. `is_last` when nobody is left to be asked: the record is sealed."""

    record_id: int
    party_id: int
    is_last: bool


@dataclass(frozen=True, slots=True)
class ConsentDeclined:
    """A named author said that it is not theirs."""

    record_id: int
    party_id: int


@dataclass(frozen=True, slots=True)
class RecordDisclosed:
    """Everybody may see it now."""

    record_id: int


@dataclass(frozen=True, slots=True)
class FilesDisclosed:
    """Everybody may see some of its files; the rest stays sealed."""

    record_id: int


@dataclass(frozen=True, slots=True)
class RecordShown:
    """One person may see it, or some of its files."""

    record_id: int
    party_id: int


@dataclass(frozen=True, slots=True)
class SightEnded:
    """Somebody who saw it does not see it here any more."""

    record_id: int


@dataclass(frozen=True, slots=True)
class EmbargoSet:
    """Until when it stays sealed was said, or taken back."""

    record_id: int


@dataclass(frozen=True, slots=True)
class EmbargoEnded:
    """The day has come. It was published as its owner arranged, or else its owner decides now."""

    record_id: int
    is_published: bool


@dataclass(frozen=True, slots=True)
class RecordAssigned:
    """It was offered to the next owner, who has to accept."""

    record_id: int
    to_id: int


@dataclass(frozen=True, slots=True)
class OfferEnded:
    """The offer was taken back by the owner, or refused by the one to whom it was made."""

    record_id: int
    to_id: int
    actor_id: int


@dataclass(frozen=True, slots=True)
class RecordChangedHands:
    """The next owner accepted."""

    record_id: int
    from_id: int


@dataclass(frozen=True, slots=True)
class LicenceGiven:
    """Its owner signed a licence."""

    record_id: int


@dataclass(frozen=True, slots=True)
class RecordWithdrawn:
    """Its owner does not stand by it any more; the proof stays."""

    record_id: int


@dataclass(frozen=True, slots=True)
class RecordDisputed:
    """Somebody put a contrary statement beside it."""

    record_id: int
    event_id: int
    actor_id: int


@dataclass(frozen=True, slots=True)
class DisputeAnswered:
    """The owner answered a dispute."""

    record_id: int
    event_id: int
    challenger_id: int | None


@dataclass(frozen=True, slots=True)
class KeyChanging:
    """Another key shall sign for it, after the days in which the present one can object."""

    record_id: int


@dataclass(frozen=True, slots=True)
class KeyChanged:
    """Another key signs for it now."""

    record_id: int


@dataclass(frozen=True, slots=True)
class RecordErased:
    """What opened it is gone; its entries in the log are mute."""

    record_id: int


@dataclass(frozen=True, slots=True)
class CardChanged:
    """The card of a thread, or the record that it is tied to, is another."""

    thread_id: int


@dataclass(frozen=True, slots=True)
class TimeStated:
    """An outsider stated a time for the checkpoint of so many entries: what came since the one before is proven by it.

    `first` is the first of these entries.
    """

    log_id: int
    first: int
    size: int

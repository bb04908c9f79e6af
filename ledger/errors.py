"""What can be wrong with a log and with what is said about it."""


class LedgerError(ValueError):
    """Anything that the ledger refuses."""


class FormatError(LedgerError):
    """Text or bytes that are not what their format says, to the letter."""


class ProofError(LedgerError):
    """A proof that does not lead to the root it is for."""


class SignatureError(LedgerError):
    """A note that no known key signed, or that carries a false signature of a known key."""


class PolicyError(LedgerError):
    """A checkpoint that is well signed, but not by those whom the policy asks for."""


class MissingTileError(LedgerError):
    """A tile that must be there by the size of the log is absent or too short."""


class LostRaceError(LedgerError):
    """Somebody else moved the log on; whatever this transaction wrote has to be rolled back."""


class CorruptLogError(LedgerError):
    """What is stored does not hash to what was signed."""


class RefusesToSignError(LedgerError):
    """The stored log may be older than what was signed before: signing would fork it."""


class PublishingError(LedgerError):
    """A published file differs from what the log says it is."""


class WitnessError(LedgerError):
    """A witness did not cosign."""

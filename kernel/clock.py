from datetime import UTC, datetime


def now() -> datetime:
    """The only clock of the house: aware, in UTC."""
    return datetime.now(UTC)

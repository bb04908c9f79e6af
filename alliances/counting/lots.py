"""A lot that everybody can draw again: the order of options by hashes of a seed that was fixed beforehand."""

from hashlib import sha256


def lot(seed: str, option: int) -> str:
    """SHA-256 of the seed, a colon and the number of the option, in hexadecimal. The smallest comes first."""
    return sha256(f"{seed}:{option}".encode()).hexdigest()


def drawn(seed: str, options: tuple[int, ...]) -> tuple[int, ...]:
    """The options in the order of the lot: the first one is the lucky one."""
    return tuple(sorted(options, key=lambda option: lot(seed, option)))

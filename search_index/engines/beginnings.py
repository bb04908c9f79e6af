"""For dictionaries that can be walked by the beginnings of words only: what a slip in the first letter looks like."""

from string import ascii_lowercase


def one_slip_at_the_front(token: str) -> set[str]:
    """What may have been meant, and begins with another letter: put in, left out, replaced or swapped."""
    slips = {token[1:], token[1:2] + token[0] + token[2:]}
    slips |= {letter + token[1:] for letter in ascii_lowercase}
    slips |= {letter + token for letter in ascii_lowercase}
    return slips - {token, ""}

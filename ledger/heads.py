"""The body of a checkpoint: which log, how large, which root (C2SP tlog-checkpoint)."""

from dataclasses import dataclass

from ledger.encoding import HASH_SIZE, decimal, hash_from_base64, to_base64
from ledger.errors import FormatError


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head. We write no extension lines; those of other logs are kept, because their signatures cover them."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The lines that are signed."""
        lines = (self.origin, str(self.size), to_base64(self.root), *self.extensions)
        if self.size < 0 or len(self.root) != HASH_SIZE or not all(lines) or any("\n" in line for line in lines):
            raise FormatError(f"not a checkpoint: {self!r}")
        return "".join([f"{line}\n" for line in lines])


def parse_checkpoint(text: str) -> Checkpoint:
    """The tree head in the text of a note."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() or not all(lines):  # noqa: PLR2004 - three lines, and what is after the last LF
        raise FormatError("a checkpoint has an origin, a size and a root, each on a line")
    origin, size, root, *extensions = lines
    return Checkpoint(origin, decimal(size), hash_from_base64(root), tuple(extensions))

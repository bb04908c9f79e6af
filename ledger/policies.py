"""Whom a verifier trusts: logs, witnesses, and how many of these must have cosigned (C2SP tlog-policy)."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ledger.checkpoints import OpenedCheckpoint, parse_checkpoint
from ledger.encoding import decimal
from ledger.errors import FormatError, PolicyError
from ledger.keys import Kind, Verifier, parse_vkey
from ledger.notes import open_note

NONE = "none"
_SPACE = re.compile(r"[ \t]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class KnownLog:
    """A log whose checkpoints are accepted; the name of its key is its origin."""

    verifier: Verifier
    url: str = ""


@dataclass(frozen=True, slots=True)
class KnownWitness:
    """A witness, under the name by which the policy speaks of it."""

    name: str
    verifier: Verifier
    url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Witnesses and groups, so many of which must have cosigned."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A whole policy. Groups stand after what they are made of; the quorum is a witness, a group or `none`."""

    logs: tuple[KnownLog, ...] = ()
    witnesses: tuple[KnownWitness, ...] = ()
    groups: tuple[Group, ...] = ()
    quorum: str = NONE

    def __post_init__(self) -> None:
        _must_be_new([log.verifier.public for log in self.logs], "log key")
        _must_be_new([witness.verifier.public for witness in self.witnesses], "witness key")
        if any(log.verifier.kind == Kind.ED25519_COSIGNATURE for log in self.logs):
            raise FormatError("a key of a log has the type of a witness")
        if not all(witness.verifier.kind.is_timestamped for witness in self.witnesses):
            raise FormatError("a key of a witness has another type than 0x04 or 0x06")
        names = [witness.name for witness in self.witnesses]
        _must_be_new([NONE, *names, *(group.name for group in self.groups)], "name")
        for group in self.groups:
            if not set(group.members) <= set(names) or not 1 <= group.threshold <= len(group.members):
                raise FormatError(f"group {group.name} has unknown members or an impossible threshold")
            names.append(group.name)
        _must_be_new([member for group in self.groups for member in group.members], "member of groups")
        if self.quorum not in {NONE, *names}:
            raise FormatError(f"the quorum {self.quorum!r} is not defined")

    def __str__(self) -> str:
        lines = [f"log {log.verifier} {log.url}".rstrip() for log in self.logs]
        lines += [f"witness {one.name} {one.verifier} {one.url}".rstrip() for one in self.witnesses]
        lines += [f"group {group.name} {group.threshold} {' '.join(group.members)}" for group in self.groups]
        return "".join([f"{line}\n" for line in [*lines, f"quorum {self.quorum}"]])

    @property
    def verifiers(self) -> tuple[Verifier, ...]:
        """Every key that the policy knows."""
        return tuple([log.verifier for log in self.logs] + [witness.verifier for witness in self.witnesses])

    def log_keys(self, origin: str) -> tuple[Verifier, ...]:
        """The keys of one log."""
        return tuple(log.verifier for log in self.logs if log.verifier.name == origin)

    def is_quorum(self, cosigners: Iterable[Verifier]) -> bool:
        """Whether these cosigners are enough."""
        present = set(cosigners)
        seen: dict[str, bool] = {one.name: one.verifier in present for one in self.witnesses}
        for group in self.groups:
            seen[group.name] = sum(seen[member] for member in group.members) >= group.threshold
        return self.quorum == NONE or seen[self.quorum]

    def open(self, note: str | bytes) -> OpenedCheckpoint:
        """The checkpoint, if a known log signed it and a quorum cosigned it; a false signature of any spoils it.

        Of a policy without logs, one valid signature of anybody in it is enough: the caller knows which log is meant.
        """
        opened = open_note(note, self.verifiers)
        checkpoint = parse_checkpoint(opened.text)
        signed = {one.verifier for one in opened.verified}
        if self.logs and not signed & set(self.log_keys(checkpoint.origin)):
            raise PolicyError(f"no known log of the name {checkpoint.origin[:80]!r} signed this")
        if not self.is_quorum(signed):
            raise PolicyError(f"too few witnesses cosigned this: the quorum is {self.quorum}")
        return OpenedCheckpoint(checkpoint, opened.verified)


def policy_of(
    *, log: Iterable[Verifier], witnesses: Mapping[str, Verifier], threshold: int, urls: Mapping[str, str] | None = None
) -> Policy:
    """The policy "any `threshold` of these witnesses"; a threshold of 0 asks for none. URLs go by witness name."""
    known = tuple(KnownWitness(name, key, (urls or {}).get(name, "")) for name, key in witnesses.items())
    groups = (Group("witnesses", threshold, tuple(witnesses)),) if threshold else ()
    return Policy(tuple(KnownLog(key) for key in log), known, groups, "witnesses" if threshold else NONE)


def parse_policy(text: str | bytes) -> Policy:
    """The policy in a file. Names are compared byte by byte; bytes that are not UTF-8 are kept as they are."""
    logs: list[KnownLog] = []
    witnesses: list[KnownWitness] = []
    groups: list[Group] = []
    quorum: list[str] = []
    defined: set[str] = set()
    for words in _lines(text.decode("utf-8", "surrogateescape") if isinstance(text, bytes) else text):
        match words:
            case ["log", key, *url] if len(url) <= 1:
                logs.append(KnownLog(parse_vkey(key), *url))
            case ["witness", name, key, *url] if len(url) <= 1:
                witnesses.append(KnownWitness(name, parse_vkey(key), *url))
                defined.add(name)
            case ["group", name, threshold, *members] if defined.issuperset(members):
                groups.append(Group(name, _threshold(threshold, len(members)), tuple(members)))
                defined.add(name)
            case ["quorum", name] if name in {NONE, *defined}:
                quorum.append(name)
            case _:
                raise FormatError(f"not a line of a policy, or names what is not above it: {' '.join(words)[:80]!r}")
    if len(quorum) != 1:
        raise FormatError("a policy has exactly one quorum line")
    return Policy(tuple(logs), tuple(witnesses), tuple(groups), quorum[0])


def _lines(text: str) -> Iterator[list[str]]:
    """The words of each line that says something."""
    if _CONTROL.search(text):
        raise FormatError("a policy has no control characters but tab and newline")
    for line in text.split("\n"):
        words = [word for word in _SPACE.split(line) if word]
        if words and not words[0].startswith("#"):
            yield words


def _threshold(text: str, members: int) -> int:
    if text in ("all", "any"):
        return members if text == "all" else 1
    return decimal(text)


def _must_be_new(values: list[bytes] | list[str], what: str) -> None:
    if len(set(values)) != len(values):
        raise FormatError(f"the same {what} stands twice in the policy")

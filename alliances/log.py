"""The log of an alliance: every deed a line, each line chained to the one before by its hash."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from alliances.models import Alliance, LogLine
from kernel.clock import now
from kernel.db import session
from kernel.viewer import Viewer

START = "0" * 64


def note(alliance: Alliance, act: str, *, actor: Viewer | None, audience: str = "", **facts: Any) -> LogLine:
    """Append a line; the caller holds the alliance. `facts` are plain JSON values; nothing secret, for it stays.

    `audience` is who may read the line: all members where nothing else is said.
    """
    at = now().replace(microsecond=0)
    number = alliance.log_length + 1
    content = canonical(
        {"number": number, "at": at.isoformat(), "by": actor.handle if actor else None, "act": act, "facts": facts}
    )
    digest = hashlib.sha256(content.encode()).hexdigest()
    line = LogLine(
        alliance_id=alliance.id,
        number=number,
        at=at,
        actor_id=actor.user_id if actor else None,
        act=act,
        content=content,
        audience=audience or alliance.everybody,
        digest=digest,
        hash=chained(alliance.log_head or START, digest),
    )
    session().add(line)
    alliance.log_length, alliance.log_head, alliance.active_at = number, line.hash, at
    alliance.version += 1
    return line


def is_effaced(content: str) -> bool:
    """Whether a name was taken out of a line, because whoever had it left: its digest is of what it said before."""
    return '"effaced":true' in content and json.loads(content).get("effaced") is True


def canonical(value: Mapping[str, Any]) -> str:
    """JSON with sorted keys and without white space, in UTF-8: the same text for the same facts."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def chained(before: str, digest: str) -> str:
    """The hash of a line: SHA-256 over the hash before it and the digest of what it says, both in hex."""
    return hashlib.sha256(f"{before}{digest}".encode()).hexdigest()

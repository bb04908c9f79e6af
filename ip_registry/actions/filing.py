"""What alliances decide is filed in the log: charters, counts of votes, adopted documents that ask for it.

The leaf is the registry's own (an anchor): it says that this site had these hashes when it signed, no more.
"""

import hashlib
import secrets
from typing import Any

from sqlalchemy import select

from alliances.events import CharterInForce, DocumentAdopted, ProposalClosed
from alliances.models import Alliance, CharterVersion, Document, DocumentVersion, Proposal
from ip_registry.actions.pending import accept_leaf
from ip_registry.envelopes.canonical import canonical
from ip_registry.envelopes.leaves import make_leaf
from ip_registry.keys import registry_key
from ip_registry.logs import open_log
from ip_registry.models import EventType, Filing
from kernel.clock import now
from kernel.db import session
from kernel.events import subscribe
from kernel.jobs import enqueue, job
from kernel.refs import Ref
from kernel.viewer import PUBLIC

FILING = b"guildhall-filing/v1\n"
CHARTER = "alliances.charter"
TALLY = "alliances.proposal"
DOCUMENT = "alliances.document-version"
SALT = 32


def commitment(statement: str, salt: str) -> str:
    """What stands in the leaf: SHA-256 over the name of the format, the 32 bytes of the salt, and the statement."""
    return hashlib.sha256(FILING + bytes.fromhex(salt) + statement.encode()).hexdigest()


@subscribe(CharterInForce)
def file_charter(event: CharterInForce) -> None:
    """A charter that came into force, by its hash."""
    charter = session().get_one(CharterVersion, event.charter_id)
    alliance = session().get_one(Alliance, charter.alliance_id)
    _file(
        Ref(CHARTER, charter.id),
        PUBLIC,
        type="charter",
        alliance=alliance.slug,
        number=charter.number,
        hash=charter.hash,
    )


@subscribe(ProposalClosed)
def file_tally(event: ProposalClosed) -> None:
    """A vote that was counted: who was on the roll and what was counted, by their hashes."""
    proposal = session().get_one(Proposal, event.proposal_id)
    alliance = session().get_one(Alliance, proposal.alliance_id)
    _file(
        Ref(TALLY, proposal.id),
        proposal.audience,
        type="tally",
        alliance=alliance.slug,
        number=proposal.number,
        roll=proposal.roll_hash,
        tally=proposal.tally_hash,
    )


@subscribe(DocumentAdopted)
def file_document(event: DocumentAdopted) -> None:
    """A document that was adopted, where its authors wished it."""
    version = session().get_one(DocumentVersion, event.version_id)
    if not version.files_it:
        return
    document = session().get_one(Document, version.document_id)
    alliance = session().get_one(Alliance, document.alliance_id)
    _file(
        Ref(DOCUMENT, version.id),
        document.audience,
        type="document",
        alliance=alliance.slug,
        document=document.id,
        number=version.number,
        hash=version.hash,
    )


def _file(ref: Ref, audience: str, **facts: Any) -> None:
    """Once a thing. The log is asked in a job: no decision waits for it, and none is lost while it is frozen."""
    if session().scalar(select(Filing.id).where(Filing.kind == ref.kind, Filing.ref_id == ref.id)) is not None:
        return
    statement = canonical({"v": 1, "at": now().replace(microsecond=0).isoformat(), **facts}).decode()
    filing = Filing(kind=ref.kind, ref_id=ref.id, audience=audience, statement=statement, salt=secrets.token_hex(SALT))
    session().add(filing)
    session().flush()
    enqueue("registry.file", filing_id=filing.id)


@job("registry.file")
def put_into_log(filing_id: int) -> None:
    """Let the leaf of a filing wait for its place; a log that was closed makes the job try again later."""
    filing = session().get_one(Filing, filing_id)
    if filing.leaf_hash is not None:
        return
    here = open_log(session())
    leaf = make_leaf(
        key=registry_key(here.origin),
        type=EventType.ANCHOR,
        c=commitment(filing.statement, filing.salt),
        after=(here.size, here.root),
    )
    accept_leaf(leaf)
    filing.leaf_hash = bytes.fromhex(leaf.hash)

"""What an alliance decides stands in the log: checkable by strangers, and silent for those who may not see it."""

import hashlib
import json

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from alliances.events import CharterInForce, ProposalClosed
from alliances.models import CharterVersion, Proposal, ProposalState
from ip_registry.keys import log_of
from ip_registry.logs import current_log
from ip_registry.models import Filing, LedgerEntry
from ip_registry.sequencing import sequenced
from kernel.events import emit
from kernel.jobs import run_due
from kernel.work import unit_of_work
from ledger.proofs import verify_proof
from tests.makers.alliances import MadeAlliance, alliance
from tests.makers.people import person, sign_in


def filed(kind: str) -> Filing:
    """The filing, once the worker has done its work and the log was signed."""
    run_due()
    with unit_of_work() as work:
        row = work.scalars(select(Filing).where(Filing.kind == kind)).one()
    assert row.leaf_hash is not None
    sequenced(row.leaf_hash)
    return row


def file_charter(made: MadeAlliance) -> Filing:
    with unit_of_work() as work:
        charter = work.scalars(select(CharterVersion).where(CharterVersion.alliance_id == made.alliance.id)).one()
        emit(CharterInForce(charter.id))
        emit(CharterInForce(charter.id))  # whoever says it twice files it once
    return filed("alliances.charter")


def test_a_charter_in_force_is_proven_by_hashes_and_a_proof_alone(client: FlaskClient, database: Session) -> None:
    row = file_charter(alliance())
    page = client.get(f"/registry/filings/{row.id}")
    assert page.status_code == 200
    assert row.statement in page.text.replace("&#34;", '"')
    evidence = client.get(f"/registry/filings/{row.id}/evidence").json
    said = json.loads(evidence["statement"])
    assert (said["type"], said["number"], said["hash"]) == ("charter", 1, "0" * 64)
    opened = b"guildhall-filing/v1\n" + bytes.fromhex(evidence["salt"]) + evidence["statement"].encode()
    assert json.loads(evidence["leaf"])["c"] == hashlib.sha256(opened).hexdigest()
    here = current_log(database)
    assert here is not None
    keys = [signer.verifier for signer in log_of(here.origin).signers]
    assert verify_proof(evidence["proof"], evidence["leaf"].encode(), keys).checkpoint.size == here.size


def test_the_count_of_a_vote_is_shown_to_those_who_may_see_the_vote(client: FlaskClient, database: Session) -> None:
    made = alliance()
    with unit_of_work() as work:
        proposal = Proposal(
            alliance_id=made.alliance.id,
            number=1,
            title="A budget",
            audience=made.alliance.council,
            electorate="council",
            method="simple",
            state=ProposalState.CLOSED.value,
            author_id=made.people[0].id,
            roll_hash="1" * 64,
            tally_hash="2" * 64,
        )
        work.add(proposal)
        work.flush()
        emit(ProposalClosed(proposal.id))
    row = filed("alliances.proposal")
    for who, status in ((person(), 404), (made.people[2], 404), (made.people[0], 200)):
        sign_in(client, who)
        assert client.get(f"/registry/filings/{row.id}").status_code == status
        assert client.get(f"/registry/filings/{row.id}/evidence").status_code == status
    leaf = database.scalars(select(LedgerEntry.leaf).where(LedgerEntry.leaf_hash == row.leaf_hash)).one()
    assert b"2222" not in leaf

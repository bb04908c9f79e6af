"""Witnesses: how a log asks others to cosign, and how one is such a witness oneself (C2SP tlog-witness)."""

from ledger.witnesses.asking import WitnessAheadError, ask_witness
from ledger.witnesses.calls import Reply, add_checkpoint_body, parse_add_checkpoint
from ledger.witnesses.server import serve_witness
from ledger.witnesses.witness import Witness, create_memory

__all__ = [
    "Reply",
    "Witness",
    "WitnessAheadError",
    "add_checkpoint_body",
    "ask_witness",
    "create_memory",
    "parse_add_checkpoint",
    "serve_witness",
]

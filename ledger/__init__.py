"""The ledger: an append-only Merkle log of bytes, its proofs and its signed checkpoints. It knows no people.

What goes over a wire is what the C2SP specifications say (signed-note, tlog-checkpoint, tlog-tiles, tlog-cosignature,
tlog-witness, tlog-proof, tlog-policy), so that programs of other people verify it. `log.Log` sequences what waits in a
`Storage`, inside a transaction of the caller, who publishes only after its commit. Times are arguments.
"""

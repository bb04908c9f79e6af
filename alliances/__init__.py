"""Alliances: bodies of one field found one, admit members, agree on rules, decide, and work in rooms of their own.

An alliance begins as a draft, opens its charter for signatures (`forming`), and lives (`active`) once enough parties
of enough kinds have signed. Members are organisations, persons or other alliances; people act for them by seats.
Everything that only some may see bears an audience token: `alliance:7` (all members), `alliance:7:council`,
`alliance:7:group3`. `seating.py` is where seats and offices become tokens; `decisions` is where a vote becomes a deed.
"""

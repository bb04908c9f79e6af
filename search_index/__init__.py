"""Search: documents in, hits out. It knows no room and no person, only documents and the tokens that open them.

A room registers a `Source` (how its things become `Document`s) and calls `feed.changed` inside the transaction of a
deed. The indexer reads that change feed and keeps an index; an `Engine` answers a `Query` from it, for whoever holds
which tokens. Every index can be thrown away and is made again from the database.
"""

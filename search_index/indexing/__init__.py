"""How an index comes into being and stays true: where it lies, who writes it, how it is built, followed and swapped.

`DATA/search/<engine>-<generation>/` holds an index, `DATA/search/pointer.json` says which one answers. A new one is
built beside it, catches up with the feed, and the pointer is renamed over the old one: at no moment is there none.
The one index that all machines share on PostgreSQL has its pointer in the database instead.
"""

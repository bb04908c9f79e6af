"""Threads from elsewhere: one JSON object a line in, threads with their source and licence out.

`reading` hands out lines, `rows` says what a line must be, `preparing` turns lines into cooked rows (in
processes of its own, without the application), `writing` puts them into the database, and `running` ties
these together.
"""

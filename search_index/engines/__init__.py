"""One file an engine: the only ones that know its library.

Each offers `open_index(place: Path) -> Engine`, which makes an empty index where there is none yet (`position` 0,
unless nothing but reading is possible there), raises `EngineError` for one that is damaged, and takes its writing lock
only when `apply` is called first; and `FORMAT: int`, raised when an index of before cannot be read any more. `place` is
`DATA/search/<engine>-<generation>`: a directory of its own; PostgreSQL, which has one index for all machines, names its
tables after `place.name` and offers `drop(name: str)` beside it.
"""

"""A bounded place in memory for what can be made again at any time."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock

OVERHEAD = 1500


class Shelf:
    """Values by key, the least recently used thrown out when the bytes exceed the bound."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bytes = 0
        self._items: OrderedDict[Hashable, tuple[object, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> object | None:
        """The value, if it is still here."""
        with self._lock:
            found = self._items.get(key)
            if found is None:
                return None
            self._items.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, value: object, size: int) -> None:
        """Keep a value that takes about `size` bytes, beside what its key and its place take."""
        size += OVERHEAD
        with self._lock:
            old = self._items.pop(key, None)
            self._bytes += size - (old[1] if old else 0)
            self._items[key] = (value, size)
            while self._bytes > self._limit:
                _key, (_value, freed) = self._items.popitem(last=False)
                self._bytes -= freed

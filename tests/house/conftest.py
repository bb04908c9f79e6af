"""The browser of the house tests is the one of the integration tests; what was rendered before is forgotten."""

import pytest

from kernel import pagecache
from tests.integration.conftest import client

__all__ = ["client"]


@pytest.fixture(autouse=True)
def _fresh_shelves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start without ready-made pages: a test that is undone leaves its numbers to the next."""
    monkeypatch.setattr(pagecache, "_pages", pagecache._Shelf(pagecache.PAGES_BYTES))
    monkeypatch.setattr(pagecache, "_pieces", pagecache._Shelf(pagecache.PIECES_BYTES))

"""The browser of the house tests is the one of the integration tests; and a walk draws each certificate once."""

import pytest

from ip_registry.evidence import gathering
from ip_registry.evidence.certificate import Certificate, certificate_pdf
from tests.integration.conftest import client

__all__ = ["client"]

_drawn: dict[str, bytes] = {}


@pytest.fixture(autouse=True)
def _certificates_are_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same facts give the same bytes, and every walker comes by the same ones: drawing was half of a walk."""

    def drawn(facts: Certificate) -> bytes:
        key = repr(facts)
        if key not in _drawn:
            _drawn[key] = certificate_pdf(facts)
        return _drawn[key]

    monkeypatch.setattr(gathering, "certificate_pdf", drawn)

"""The browser of the house tests is the one of the integration tests."""

from tests.integration.conftest import client

__all__ = ["client"]

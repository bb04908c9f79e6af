"""The browser of the registry's tests, as in the integration tests."""

from tests.integration.conftest import client, lasting, limits_as_before

__all__ = ["client", "lasting", "limits_as_before"]

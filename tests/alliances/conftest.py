"""The browser and the lasting sites of the integration tests; and Hypothesis without a time limit for each example."""

from hypothesis import settings

from tests.integration.conftest import client, lasting, limits_as_before

__all__ = ["client", "lasting", "limits_as_before"]

settings.register_profile("counting", deadline=None)
settings.load_profile("counting")

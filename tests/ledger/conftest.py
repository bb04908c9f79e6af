"""Hypothesis without a time limit for each example: a busy machine is no fault of a proof."""

from hypothesis import settings

settings.register_profile("ledger", deadline=None)
settings.load_profile("ledger")

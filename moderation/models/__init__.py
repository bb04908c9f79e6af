"""The rows of the room: the rules, the queue and what stands in it, sanctions, trust."""

from moderation.models.blocks import Block, BlockedThing
from moderation.models.queue import Flag, Review, ReviewKind, ReviewState, Submission, SubmissionState
from moderation.models.rules import HouseRule, WatchAction, WatchedWord
from moderation.models.sanctions import Appeal, Sanction, SanctionKind, StaffNote
from moderation.models.trust import Fingerprint, Visit

__all__ = [
    "Appeal",
    "Block",
    "BlockedThing",
    "Fingerprint",
    "Flag",
    "HouseRule",
    "Review",
    "ReviewKind",
    "ReviewState",
    "Sanction",
    "SanctionKind",
    "StaffNote",
    "Submission",
    "SubmissionState",
    "Visit",
    "WatchAction",
    "WatchedWord",
]

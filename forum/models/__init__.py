"""Columns, constraints and tiny properties. No queries, no requests, no commits."""

from forum.models.community import Board, BoardDay, Community
from forum.models.poll import Poll, PollOption, PollVote
from forum.models.post import Post, PostRevision, Reaction
from forum.models.reading import Draft, ReadMark
from forum.models.thread import Tag, Thread, ThreadTag
from forum.models.upload import PostUpload, Upload

__all__ = [
    "Board",
    "BoardDay",
    "Community",
    "Draft",
    "Poll",
    "PollOption",
    "PollVote",
    "Post",
    "PostRevision",
    "PostUpload",
    "Reaction",
    "ReadMark",
    "Tag",
    "Thread",
    "ThreadTag",
    "Upload",
]

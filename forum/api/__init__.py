"""The forum over the API, one file per resource, over the same queries and actions as its pages."""

from forum.api import communities, drafts, files, moderation, posts, threads
from kernel.api import room

__all__ = ["communities", "drafts", "files", "moderation", "posts", "room", "threads"]

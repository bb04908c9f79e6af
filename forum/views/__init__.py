"""HTML pages of the forum, one file per resource; each view turns a form into an action and answers with a page."""

from forum.room import room
from forum.views import alliances, boards, communities, compose, deeds, drafts, files, live, moderation, posts, threads

__all__ = [
    "alliances",
    "boards",
    "communities",
    "compose",
    "deeds",
    "drafts",
    "files",
    "live",
    "moderation",
    "posts",
    "room",
    "threads",
]

"""HTML pages of the forum, one file per resource; each view turns a form into an action and answers with a page."""

from forum.room import room
from forum.views import boards, communities, compose, deeds, drafts, files, moderation, posts, threads

__all__ = ["boards", "communities", "compose", "deeds", "drafts", "files", "moderation", "posts", "room", "threads"]

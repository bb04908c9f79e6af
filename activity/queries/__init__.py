"""Reads of the bell-ringer, for itself and for the rooms above."""

from activity.queries.bookmarks import BookmarkRow, bookmarked, bookmarks_page
from activity.queries.follows import FollowRow, follow_row, followed, followers, follows_page, levels_for
from activity.queries.log import LogRow, log_page
from activity.queries.notices import NoticeRow, groups_page, notices_page

__all__ = [
    "BookmarkRow",
    "FollowRow",
    "LogRow",
    "NoticeRow",
    "bookmarked",
    "bookmarks_page",
    "follow_row",
    "followed",
    "followers",
    "follows_page",
    "groups_page",
    "levels_for",
    "log_page",
    "notices_page",
]

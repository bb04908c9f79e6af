"""The bell-ringer: follows, bookmarks, notices and the log of acts. Knows Refs, not rooms."""

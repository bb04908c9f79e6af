"""What the portal adds to the documents of the forum: which achievements have a record that everybody can check."""

from portal.achievement_rows import marks_of
from search_index.documents import register_marks

register_marks("forum.thread", marks_of)

"""What the forum keeps of a person, and why."""

from flask_babel import lazy_gettext as _l

from forum.models import Draft, PollVote, Post, PostRevision, Reaction, ReadMark, Thread, Upload
from kernel.personal import Fate, keeps

keeps(
    Thread.author_id,
    Thread.last_author_id,
    Post.author_id,
    Post.last_editor_id,
    Post.deleted_by_id,
    PostRevision.editor_id,
    what=_l("Threads and posts that you wrote, with their former versions."),
    why=_l("They are what a forum is made of, and others answered them."),
    until=_l(
        "As long as the thread is here. When you go, you choose whether they stay without your name, or are deleted "
        "where nobody else’s words stand on them."
    ),
    fate=Fate.NAMELESS,
    order=10,
)
keeps(
    Upload.owner_id,
    what=_l("Files that you added."),
    why=_l("Posts show them."),
    until=_l("For 30 days where nothing uses them; else as long as a post shows them."),
    fate=Fate.OWN,
    order=11,
)
keeps(
    Draft.user_id,
    ReadMark.user_id,
    what=_l("Drafts, and up to where you have read each thread."),
    why=_l("So that you can go on where you left off, on every device."),
    until=_l("Until you send or delete a draft, or delete your account. Nobody else ever sees them."),
    fate=Fate.REMOVED,
    order=12,
)
keeps(
    Reaction.user_id,
    PollVote.user_id,
    what=_l("Reactions and votes in polls."),
    why=_l("They are counted, and each person once."),
    until=_l("As long as the post or poll; without your name once you have gone."),
    fate=Fate.NAMELESS,
    order=13,
)

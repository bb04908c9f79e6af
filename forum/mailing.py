"""Posts that come by mail: the same action as on the page, with the same rules."""

import re

from accounts.blobs import blob_store
from accounts.mailing import Answered, SentFile, answered_by_mail
from forum.actions import posts, uploads
from forum.loading import post_of
from forum.models import Post
from forum.policy import ForumRight
from forum.queries.uploads import upload_row
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.viewer import Viewer

_PICTURE = re.compile(r"!\[\]\(cid:([^)]*)\)")


@answered_by_mail("forum.thread", "forum.post")
def post_by_mail(viewer: Viewer, ref: Ref, text: str, files: list[SentFile]) -> Answered:
    """Reply to the thread, or to the post in it, with the files beneath the text or where the text shows them."""
    thread_id, reply_to = ref.id, None
    if ref.kind == "forum.post":
        post, thread, _board = post_of(viewer, ref.id)
        thread_id, reply_to = thread.id, post.id
    body = _with_files(viewer, text, files)
    made = posts.reply(viewer, thread_id=thread_id, body=body, reply_to=reply_to)
    if isinstance(made, Post):
        return Answered(Ref("forum.post", made.id))
    return Answered(None, waits=True)


def _with_files(viewer: Viewer, text: str, files: list[SentFile]) -> str:
    if files:
        authorise(viewer, ForumRight.UPLOAD)
    shown: dict[str, str] = {}
    below: list[str] = []
    for sent in files:
        upload = uploads.add_upload(viewer, file=sent.file, store=blob_store())
        markdown = upload_row(upload).markdown
        if sent.cid:
            shown[sent.cid] = markdown
        elif markdown not in below:
            below.append(markdown)
    return "\n\n".join(filter(None, [_PICTURE.sub(lambda found: shown.get(found[1], ""), text).strip(), *below]))

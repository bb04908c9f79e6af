"""What search knows of the forum: threads, replies and communities, as documents and as hits, and when they change."""

from forum.search import documents, naming, noting, showing
from search_index.documents import Source, register_source

register_source(
    Source(
        kind="forum.thread",
        documents=documents.threads,
        ids=documents.thread_ids,
        show=showing.threads,
        tokens=showing.tokens,
    )
)
register_source(
    Source(
        kind="forum.post",
        documents=documents.posts,
        ids=documents.post_ids,
        show=showing.posts,
        tokens=lambda _viewer: (),  # filed under the boards, as threads are
    )
)
register_source(
    Source(
        kind="forum.community",
        documents=documents.communities,
        ids=documents.community_ids,
        show=showing.communities,
        tokens=lambda _viewer: ("public",),
    )
)

__all__ = ["documents", "naming", "noting", "showing"]

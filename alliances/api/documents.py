"""Documents: written, changed version by version, put to adoption, put away."""

from accounts.blobs import blob_store
from alliances.actions import documents
from alliances.addresses import api_url
from alliances.here import here_at
from alliances.policy import AllianceRight
from alliances.queries.documents import document_of, document_page, document_view, file_of
from alliances.readers import group_here, readers_of
from alliances.schemas.documents import (
    AdoptionGiven,
    DocumentChange,
    DocumentGiven,
    DocumentItem,
    DocumentList,
    DocumentQuery,
    DocumentShown,
    VersionGiven,
    VersionQuery,
)
from alliances.schemas.shapes import VoteOpened
from kernel.api import Answer, Download, endpoint, room
from kernel.limits import POSTING
from kernel.viewer import Viewer

DOCUMENTS = "/alliances/<slug>/documents"
ONE = f"{DOCUMENTS}/<int:document_id>"
BYTES = "application/octet-stream"


@endpoint(room, "GET", DOCUMENTS, may=AllianceRight.READ, query=DocumentQuery, answers={200: DocumentList})
def list_alliance_documents(viewer: Viewer, *, slug: str, query: DocumentQuery) -> DocumentList:
    """The documents of an alliance, or of one of its working groups, that you may read."""
    here = here_at(viewer, slug)
    group_here(here, query.group_id)
    page = document_page(
        viewer, here, group_id=query.group_id, is_archived=query.archived, cursor=query.cursor, limit=query.limit
    )
    return DocumentList(items=[DocumentItem.of(row) for row in page.items], next=page.next)


@endpoint(
    room,
    "POST",
    DOCUMENTS,
    may=AllianceRight.WRITE_DOCUMENT,
    body=DocumentGiven,
    answers={201: DocumentShown},
    limit=POSTING,
    refusals=(409,),
)
def post_alliance_document(viewer: Viewer, *, slug: str, body: DocumentGiven) -> Answer:
    """Write a document. One that is a file is sent to `documents/files`."""
    made = documents.write_document(
        viewer,
        slug=slug,
        title=body.title,
        audience=body.readers.value,
        body=body.body,
        comment=body.note,
        files_it=body.register_when_adopted,
        group_id=body.group_id,
    )
    return Answer(_shown(viewer, slug, made.id), 201, api_url(slug, "documents", made.id))


@endpoint(
    room,
    "GET",
    ONE,
    may=AllianceRight.READ,
    query=VersionQuery,
    answers={200: DocumentShown},
)
def get_alliance_document(viewer: Viewer, *, slug: str, document_id: int, query: VersionQuery) -> DocumentShown:
    """A document, at its newest version or at another one."""
    return DocumentShown.of_view(document_view(viewer, here_at(viewer, slug), document_id, query.version))


@endpoint(
    room,
    "PATCH",
    ONE,
    may=AllianceRight.WRITE_DOCUMENT,
    body=DocumentChange,
    answers={200: DocumentShown},
    refusals=(409,),
)
def patch_alliance_document(viewer: Viewer, *, slug: str, document_id: int, body: DocumentChange) -> DocumentShown:
    """Its title, and who reads it; the versions stay as they are."""
    here = here_at(viewer, slug)
    held = document_of(viewer, here, document_id)
    said = {"title": held.title, "readers": readers_of(here.alliance, held.audience)}
    said |= body.model_dump(exclude_unset=True)
    documents.set_document(viewer, slug=slug, document_id=document_id, title=said["title"], audience=said["readers"])
    return _shown(viewer, slug, document_id)


@endpoint(
    room,
    "POST",
    f"{ONE}/versions",
    may=AllianceRight.WRITE_DOCUMENT,
    body=VersionGiven,
    answers={201: DocumentShown},
    limit=POSTING,
    refusals=(409,),
)
def post_alliance_document_version(viewer: Viewer, *, slug: str, document_id: int, body: VersionGiven) -> Answer:
    """Write the next version; refused when somebody else has written one meanwhile."""
    documents.save_version(
        viewer,
        slug=slug,
        document_id=document_id,
        base=body.base,
        body=body.body,
        comment=body.note,
        files_it=body.register_when_adopted,
    )
    return Answer(_shown(viewer, slug, document_id), 201, api_url(slug, "documents", document_id))


@endpoint(room, "GET", f"{ONE}/versions/<int:number>/file", may=AllianceRight.READ, answers={200: BYTES})
def get_alliance_document_file(viewer: Viewer, *, slug: str, document_id: int, number: int) -> Download:
    """The bytes of a version that is a file; what it is called and of which type, the document says."""
    _document, version = file_of(viewer, here_at(viewer, slug), document_id, number)
    with blob_store().open(version.hash) as stored:
        return Download(stored.read(), BYTES, f"document-{document_id}-{number}")


@endpoint(
    room, "PUT", f"{ONE}/archive", may=AllianceRight.WRITE_DOCUMENT, answers={200: DocumentShown}, refusals=(409,)
)
def put_alliance_document_archive(viewer: Viewer, *, slug: str, document_id: int) -> DocumentShown:
    """Put it away: out of the list, and readable as before."""
    documents.put_away(viewer, slug=slug, document_id=document_id, is_away=True)
    return _shown(viewer, slug, document_id)


@endpoint(
    room, "DELETE", f"{ONE}/archive", may=AllianceRight.WRITE_DOCUMENT, answers={200: DocumentShown}, refusals=(409,)
)
def delete_alliance_document_archive(viewer: Viewer, *, slug: str, document_id: int) -> DocumentShown:
    """Bring it back into the list."""
    documents.put_away(viewer, slug=slug, document_id=document_id, is_away=False)
    return _shown(viewer, slug, document_id)


@endpoint(
    room,
    "POST",
    f"{ONE}/adoption",
    may=AllianceRight.WRITE_DOCUMENT,
    body=AdoptionGiven,
    answers={201: VoteOpened},
    limit=POSTING,
    refusals=(409,),
)
def post_alliance_document_adoption(viewer: Viewer, *, slug: str, document_id: int, body: AdoptionGiven) -> Answer:
    """Put a version to the vote of those who read it."""
    proposal = documents.put_to_adoption(
        viewer, slug=slug, document_id=document_id, number=body.version, words=body.words
    )
    return Answer(VoteOpened.of(slug, proposal), 201, api_url(slug, "proposals", proposal.number))


def _shown(viewer: Viewer, slug: str, document_id: int) -> DocumentShown:
    return DocumentShown.of_view(document_view(viewer, here_at(viewer, slug), document_id))

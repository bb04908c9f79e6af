"""Files as versions of documents: the first one of a new document, or the next one of a document that is a file."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app, request
from werkzeug.datastructures import FileStorage

from accounts.blobs import blob_store
from alliances.actions import documents
from alliances.addresses import api_url
from alliances.api.documents import DOCUMENTS, ONE
from alliances.here import here_at
from alliances.policy import AllianceRight
from alliances.queries.documents import document_of, document_view
from alliances.schemas.documents import DocumentFileQuery, DocumentShown, VersionFileQuery
from kernel.api import Answer, endpoint, room
from kernel.errors import InvalidError
from kernel.files import Inspected
from kernel.limits import UPLOADING
from kernel.rooms import id_of
from kernel.viewer import Viewer
from kernel.words import gettext as _


@contextmanager
def _inspected(viewer: Viewer, sent: list[FileStorage]) -> Iterator[Inspected]:
    """Look into the file as the page does, for whoever may write here, before anything is held."""
    if len(sent) > 1:
        raise InvalidError(_("A version is one file."), errors={"file": _("Too many.")})
    path = request.view_args or {}
    if "document_id" in path:
        group_id = document_of(viewer, here_at(viewer, path["slug"]), path["document_id"]).group_id
    else:
        group_id = id_of(request.args.get("group_id"))
    file = documents.inspect(
        viewer,
        slug=path["slug"],
        group_id=group_id,
        stream=sent[0].stream,
        name=sent[0].filename or "",
        limit_bytes=current_app.config["SETTINGS"].upload_limit_mb * 1_000_000,
    )
    with file.content:
        yield file


@endpoint(
    room,
    "POST",
    f"{DOCUMENTS}/files",
    may=AllianceRight.WRITE_DOCUMENT,
    query=DocumentFileQuery,
    files="file",
    prepare=_inspected,
    answers={201: DocumentShown},
    limit=UPLOADING,
    refusals=(409,),
)
def post_alliance_document_file(viewer: Viewer, *, slug: str, query: DocumentFileQuery, files: Inspected) -> Answer:
    """Add a document that is a file.

    The file is the multipart field `file`; what the document is called and who reads it stand in the address.
    """
    made = documents.write_document(
        viewer,
        slug=slug,
        title=query.title,
        audience=query.readers.value,
        file=files,
        store=blob_store(),
        comment=query.note,
        files_it=query.register_when_adopted,
        group_id=query.group_id,
    )
    return _answer(viewer, slug, made.id)


@endpoint(
    room,
    "POST",
    f"{ONE}/versions/files",
    may=AllianceRight.WRITE_DOCUMENT,
    query=VersionFileQuery,
    files="file",
    prepare=_inspected,
    answers={201: DocumentShown},
    limit=UPLOADING,
    refusals=(409,),
)
def post_alliance_document_version_file(
    viewer: Viewer, *, slug: str, document_id: int, query: VersionFileQuery, files: Inspected
) -> Answer:
    """Add a file as the next version; refused when somebody else has added one meanwhile."""
    documents.save_version(
        viewer,
        slug=slug,
        document_id=document_id,
        base=query.base,
        file=files,
        store=blob_store(),
        comment=query.note,
        files_it=query.register_when_adopted,
    )
    return _answer(viewer, slug, document_id)


def _answer(viewer: Viewer, slug: str, document_id: int) -> Answer:
    shown = DocumentShown.of_view(document_view(viewer, here_at(viewer, slug), document_id))
    return Answer(shown, 201, api_url(slug, "documents", document_id))

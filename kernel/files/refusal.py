"""Why a file is not taken, as a code for programs and a sentence for people."""

from enum import StrEnum

from kernel.errors import GuildhallError


def N_(sentence: str) -> str:  # noqa: N802 - the field's name for "translate this later"
    """Mark a sentence for the catalogues; whoever shows it translates it."""
    return sentence


class Reason(StrEnum):
    """The kinds of refusal."""

    EMPTY = "empty"
    TOO_LARGE = "too-large"
    NAME = "path-in-name"
    TYPE = "type-not-taken"
    CONTRADICTION = "name-contradicts-content"
    MARKUP = "markup"
    POLYGLOT = "polyglot"
    BROKEN = "broken"
    PIXELS = "too-many-pixels"
    FRAMES = "too-many-frames"
    ARCHIVE_SIZE = "archive-expands-too-far"
    ARCHIVE_PATHS = "archive-leaves-its-folder"
    ARCHIVE_LOCKED = "archive-locked"
    ARCHIVE_NESTED = "archive-nested-too-deep"
    PDF_ACTIVE = "pdf-active"
    PDF_LOCKED = "pdf-locked"
    MACROS = "macros"


_SENTENCES = {
    Reason.EMPTY: N_("The file is empty."),
    Reason.TOO_LARGE: N_("The file is larger than %(limit)s MB, the most that is taken here."),
    Reason.NAME: N_("The file's name contains a path. Rename the file and try again."),
    Reason.TYPE: N_(
        "Files of this kind are not taken. Images (PNG, JPEG, GIF, WebP, AVIF), PDF, ZIP, text, Markdown, CSV, JSON "
        "and Word, Excel and PowerPoint documents are."
    ),
    Reason.CONTRADICTION: N_(
        "The file's name says %(named)s, but its content is %(found)s. Give it the right ending and try again."
    ),
    Reason.MARKUP: N_(
        "The file is a page or drawing that can carry scripts; such files are not taken. Put it into a ZIP archive."
    ),
    Reason.POLYGLOT: N_(
        "The file is two kinds of file at once, which is how attacks are hidden. Save it anew and try again."
    ),
    Reason.BROKEN: N_("The file is damaged: it cannot be read as %(found)s."),
    Reason.PIXELS: N_("The image has more than %(limit)s million pixels. Make it smaller and try again."),
    Reason.FRAMES: N_("The animation is too long. Shorten it, or make it smaller, and try again."),
    Reason.ARCHIVE_SIZE: N_("The archive would expand far beyond its size and is not taken."),
    Reason.ARCHIVE_PATHS: N_("The archive contains links or paths that lead out of its folder and is not taken."),
    Reason.ARCHIVE_LOCKED: N_(
        "The archive is protected with a password or packed in an unusual way, so that it cannot be checked."
    ),
    Reason.ARCHIVE_NESTED: N_("The archive contains archives within archives. Unpack the inner ones and try again."),
    Reason.PDF_ACTIVE: N_(
        "The PDF contains scripts or actions that start by themselves. Print it to a new PDF and try again."
    ),
    Reason.PDF_LOCKED: N_(
        "The PDF is protected, so that it cannot be checked. Save it without protection and try again."
    ),
    Reason.MACROS: N_("The document contains macros or embedded programs. Save it without them and try again."),
}


class RefusedUpload(GuildhallError):  # noqa: N818 - a refusal is an answer, not a fault
    """A file that is not taken; `sentence % params` says why, and can be translated first."""

    status = 422
    code = "upload-refused"

    def __init__(self, reason: Reason, **params: str | int) -> None:
        self.reason = reason
        self.sentence = _SENTENCES[reason]
        self.params = params
        if reason is Reason.TOO_LARGE:
            self.status = 413
        super().__init__(self.sentence % params, errors={"file": self.sentence % params})

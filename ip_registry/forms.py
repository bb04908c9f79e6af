"""The form of a work that is to be sealed: shape and length; what is right in itself is decided by the envelopes."""

import re

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, MultipleFileField
from werkzeug.datastructures import FileStorage
from wtforms import BooleanField, DateField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from accounts.forms import REQUIRED, RoomForm
from ip_registry.actions.custodial import Named, Work
from ip_registry.models import RecordKind

KIND_NAMES = {
    RecordKind.INVENTION: _l("Invention"),
    RecordKind.UTILITY_MODEL: _l("Utility model"),
    RecordKind.DESIGN: _l("Design"),
    RecordKind.SOFTWARE: _l("Software"),
    RecordKind.DATASET: _l("Data set"),
    RecordKind.PAPER: _l("Paper"),
    RecordKind.PROCESS: _l("Process"),
    RecordKind.KNOW_HOW: _l("Know-how"),
    RecordKind.STANDARD: _l("Standard"),
    RecordKind.OTHER: _l("Other work"),
}
AUTHOR = re.compile(r"(.*?)(?:\s*[@＠]([A-Za-z0-9-]+))?(?:\s+([0-9]{1,3}(?:[.,][0-9]+)?\s*[%％]))?")


class SealForm(RoomForm):
    """What is sealed, and what its inventor says about it. With a script the files stay in the browser."""

    files = MultipleFileField(_l("Files"))
    folder = MultipleFileField(_l("Or a whole folder"))
    title = StringField(_l("Title"), [REQUIRED, Length(max=200)])
    kind = SelectField(_l("What kind of work"), choices=[SelectChoice(kind, name) for kind, name in KIND_NAMES.items()])
    authors = TextAreaField(_l("Inventors and authors"), [REQUIRED, Length(max=20_000)])
    abstract = TextAreaField(_l("Abstract"), [Length(max=4000)])
    terms = TextAreaField(_l("Terms of use"), [Length(max=2000)])
    embargo = DateField(_l("Sealed until"), [Optional()])
    deposit = BooleanField(_l("Keep here what opens the record"), default=True)
    key_file = FileField(_l("Key file or evidence of the older record"))

    @property
    def sent_files(self) -> list[FileStorage]:
        """The files that came along; a browser sends an empty one for an empty field."""
        return [sent for field in (self.files, self.folder) for sent in field.data or () if sent and sent.filename]

    @property
    def work(self) -> Work:
        """What was typed."""
        return Work(
            title=(self.title.data or "").strip(),
            abstract=_lines(self.abstract.data),
            kind=self.kind.data,
            authors=[_named(line) for line in _lines(self.authors.data).splitlines() if line.strip()],
            terms=_lines(self.terms.data),
            embargo=self.embargo.data.isoformat() if self.embargo.data else None,
        )


def _lines(text: str | None) -> str:
    """As a script reads a field: lines end in LF."""
    return (text or "").strip().replace("\r\n", "\n")


def _named(line: str) -> Named:
    """An author as they are typed: a name, then perhaps an @account, then perhaps a share in per cent."""
    match = AUTHOR.fullmatch(line.strip())
    name, handle, share = match.groups() if match else (line, None, None)
    return Named(name=name.strip() or handle or line.strip(), handle=handle.lower() if handle else None, share=share)

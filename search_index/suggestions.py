"""The table of what is offered while somebody types: it follows the change feed, as every index does."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, insert, select, update

from kernel.checks import check
from kernel.clock import now
from kernel.db import session
from kernel.jobs import Job, enqueue, job
from search_index.documents import SOURCES, Document, documents_of
from search_index.feed import changes_after, newest, pruned_to, waiting_keys
from search_index.forms import forms_of
from search_index.indexing.replicas import forget
from search_index.models import SearchReplica
from search_index.synonyms import synonyms
from search_index.tables import SearchSuggestion, SearchTag, SearchTitle

NAME = "suggestions"
PARTS = frozenset({"post"})  # found for themselves, and titled by what they are part of
PEOPLE = "person"
LONGEST_TITLE = 200
MOST_TAGS = 8
MOST_TERMS = 4
MOST_NAMED = 20
FILLING = "search_index.fill_suggestions"
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class _Entry:
    """What a document is offered by."""

    title: str
    audience: str
    tags: tuple[str, ...]

    @classmethod
    def of(cls, document: Document | None) -> "_Entry | None":
        if document is None or document.kind in PARTS or not document.title.strip():
            return None
        tags = tuple(sorted({tag[:60] for tag in document.tags}))[:MOST_TAGS]
        return cls(document.title[:LONGEST_TITLE], document.audience, tags)


@job("search_index.suggestions", every=timedelta(seconds=1))
def follow_feed() -> None:
    """Apply the next changes; one worker at a time. A table that is new, or fell behind the feed, is made anew."""
    replica = _replica()
    if replica is None:
        return
    changes = changes_after(replica.position, limit=AT_ONCE)
    apply(changes.keys)
    if changes.position != replica.position or replica.seen_at < now() - timedelta(hours=1):
        replica.position, replica.seen_at = changes.position, now()


@job(FILLING)
def fill(kind: str, after: int) -> None:
    """Read the next documents of a source, and see to those that follow."""
    ids = SOURCES[kind].ids(after, AT_ONCE)
    if ids:
        apply([f"{kind}:{number}" for number in ids])
        enqueue(FILLING, kind=kind, after=max(ids))


def apply(keys: Sequence[str]) -> None:
    """Bring what is offered of these documents up to their present state."""
    if not keys:
        return
    documents = documents_of(keys)
    before = {
        row.key: _Entry(row.title, row.audience, tuple(row.tags))
        for row in session().execute(
            select(SearchTitle.key, SearchTitle.title, SearchTitle.audience, SearchTitle.tags).where(
                SearchTitle.key.in_(keys)
            )
        )
    }
    after = {key: entry for key in keys if (entry := _Entry.of(documents.get(key))) is not None}
    changed = [key for key in keys if before.get(key) != after.get(key)]
    if not changed:
        return
    for model in (SearchSuggestion, SearchTitle):
        session().execute(delete(model).where(model.key.in_(changed)))
    _insert({key: after[key] for key in changed if key in after}, documents)
    _count_tags((before[key] for key in changed if key in before), (after[key] for key in changed if key in after))


def _insert(entries: Mapping[str, _Entry], documents: Mapping[str, Document]) -> None:
    if not entries:
        return
    terms = synonyms()
    titles, rows = [], []
    for key, entry in entries.items():
        titles.append({"key": key, "title": entry.title, "audience": entry.audience, "tags": list(entry.tags)})
        document = documents[key]
        is_person = document.kind == PEOPLE
        forms = dict.fromkeys(forms_of(entry.title, inner=[*entry.tags, *_terms_in(entry.title, terms)]))
        if is_person:
            forms.update((form, None) for name in document.authors for form in forms_of(name))
        facts = {
            "shelf": "name" if is_person else "title",
            "audience": entry.audience,
            "key": key,
            "weight": document.weight,
        }
        rows += [{**facts, "form": form} for form in forms]
    session().execute(insert(SearchTitle), titles)
    session().execute(insert(SearchSuggestion), rows)


def _terms_in(title: str, terms: Iterable[str]) -> list[str]:
    """Words of the field that stand in a Chinese title: places where somebody may begin."""
    return [] if title.isascii() else [term for term in terms if not term.isascii() and term in title][:MOST_TERMS]


def _count_tags(gone: Iterable[_Entry], come: Iterable[_Entry]) -> None:
    change: Counter[tuple[str, str]] = Counter((tag, entry.audience) for entry in come for tag in entry.tags)
    change.subtract((tag, entry.audience) for entry in gone for tag in entry.tags)
    for (tag, audience), by in sorted(change.items()):
        mine = (SearchTag.tag == tag, SearchTag.audience == audience)
        if not by:
            continue
        raised = session().scalars(
            update(SearchTag)
            .where(*mine)
            .values(documents=SearchTag.documents + by)
            .returning(SearchTag.documents)
            .execution_options(synchronize_session=False)
        )
        found = raised.all()
        if not found and by > 0:
            facts = {"tag": tag, "audience": audience, "documents": by}
            session().execute(insert(SearchTag), [{**facts, "form": form} for form in forms_of(tag)])
        elif found and found[0] <= 0:
            session().execute(delete(SearchTag).where(*mine))


@check
def offers_agree(*, mend: bool) -> list[str]:
    """What is offered while typing is made of the documents as they are; what waits in the feed does not count."""
    position = position_of_suggestions()
    if position is None or session().scalar(select(Job.id).where(Job.name == FILLING).limit(1)) is not None:
        return []
    waiting = waiting_keys(position)
    held = {row.key: _Entry(row.title, row.audience, tuple(row.tags)) for row in session().scalars(select(SearchTitle))}
    wanted = {key: entry for key, document in _all_documents() if (entry := _Entry.of(document)) is not None}
    wrong = sorted(
        key for key in held.keys() | wanted.keys() if held.get(key) != wanted.get(key) and key not in waiting
    )
    counts = Counter((tag, entry.audience) for entry in held.values() for tag in entry.tags)
    rows = session().execute(select(SearchTag.tag, SearchTag.audience, SearchTag.documents).distinct())
    is_miscounted = sorted((row.tag, row.audience, row.documents) for row in rows) != sorted(
        (tag, audience, count) for (tag, audience), count in counts.items()
    )
    if mend and (wrong or is_miscounted):
        forget(NAME)
    faults = [f"{key} is offered otherwise than it is." for key in wrong[:MOST_NAMED]]
    return [*faults, "Tags are offered by wrong counts."] if is_miscounted else faults


def _all_documents() -> Iterator[tuple[str, Document]]:
    for source in SOURCES.values():
        last = 0
        while ids := source.ids(last, AT_ONCE):
            last = max(ids)
            yield from ((document.key, document) for document in source.read(ids))


def _replica() -> SearchReplica | None:
    """Our place in the feed, held until the unit ends; None while another worker has it."""
    position = position_of_suggestions()
    if position is None or position < pruned_to():
        return _begin_anew()
    mine = select(SearchReplica).where(SearchReplica.name == NAME).with_for_update(skip_locked=True)
    return session().scalars(mine).first()


def position_of_suggestions() -> int | None:
    """Up to which change the table is complete; None before it was first made."""
    return session().scalar(select(SearchReplica.position).where(SearchReplica.name == NAME))


def _begin_anew() -> SearchReplica:
    forget(NAME)
    replica = SearchReplica(name=NAME, engine=NAME, position=newest())
    session().add(replica)
    session().flush()
    for model in (SearchSuggestion, SearchTitle, SearchTag):
        session().execute(delete(model))
    for kind in SOURCES:
        enqueue(FILLING, kind=kind, after=0)
    return replica

"""From a work to its evidence: hash, sign, keep, send, check, write the bundle. Every step can be done again."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from ip_registry.envelopes.errors import EnvelopeError
from ip_registry.envelopes.keys import key_file
from ip_registry.envelopes.openings import new_author
from ip_registry.envelopes.sealing import Progress, Sealed, seal
from ip_registry.evidence.bundle import BundleParts, make_bundle
from ip_registry.evidence.papers import standing_papers
from ip_registry.inventor.keeping import Pending, keep, kept, write_private
from ip_registry.inventor.renewing import is_evidence_of, renew
from ip_registry.inventor.site import Registered, Site, SiteError
from ip_registry.inventor.trusting import Trusted
from ip_registry.inventor.versions import older_version
from ip_registry.inventor.works import Work, same_content
from kernel.clock import now
from ledger.errors import LedgerError
from ledger.proofs import verify_proof

IN_ONE_BATCH = 500
BYTES_OF_A_BATCH = 4_000_000


@dataclass(frozen=True)
class About:
    """What the command says of every work it seals."""

    authors: Sequence[tuple[str, str | None]]  # name and handle; salts are new for each work
    title: str | None = None
    abstract: str = ""
    kind: str = "other"
    terms: str = ""
    embargo: date | None = None
    with_deposit: bool = True
    lang: str = "en"
    version_of: Path | None = None


@dataclass
class Outcome:
    """What became of the works."""

    done: list[tuple[Work, Registered]] = field(default_factory=list)
    renewed: list[Work] = field(default_factory=list)
    failed: list[tuple[Work, str]] = field(default_factory=list)


def register_works(
    site: Site, works: Sequence[Work], about: About, *, policy: str | None, as_batch: bool, progress: Progress
) -> Outcome:
    """Seal all works, and send those that the site has not confirmed. One that fails does not stop the others."""
    outcome = Outcome()
    try:
        trusted = Trusted(site, policy)
    except (SiteError, LedgerError) as error:
        outcome.failed += [(work, str(error)) for work in works]
        return outcome
    waiting: list[tuple[Work, Pending]] = []
    for work in works:
        try:
            pending = _prepared(work, about, trusted, progress)
        except (EnvelopeError, SiteError, LedgerError, OSError) as error:
            outcome.failed.append((work, str(error)))
            continue
        if pending is None:
            outcome.renewed.append(work)
        else:
            waiting.append((work, pending))
    for group in _groups(waiting) if as_batch else [[one] for one in waiting]:
        _send(trusted, group, about, outcome)
    return outcome


def _prepared(work: Work, about: About, trusted: Trusted, progress: Progress) -> Pending | None:
    """The work, sealed and kept on disk; None when it was registered before, and its evidence is fresh now."""
    manifest = work.manifest(progress)
    if work.newest and is_evidence_of(work.newest, manifest):
        work = replace(work, bundle=work.newest)
    if work.bundle.exists():
        renew(work, manifest, trusted, lang=about.lang)
        return None
    before = kept(work.pending)
    if before is not None:
        if not same_content(before.sealed.manifest, manifest):
            raise SiteError(
                f"it changed since it was signed: {work.pending} is of what it was. Move that file away to seal anew.",
                is_final=True,
            )
        return before
    older = older_version(about.version_of, trusted) if about.version_of else None
    if older and same_content(older.manifest, manifest):
        raise SiteError(f"it has not changed since {about.version_of}.", is_final=True)
    sealed = seal(
        manifest,
        title=about.title or work.name[:200],
        authors=[new_author(name, handle) for name, handle in about.authors],
        after=trusted.after(),
        now=now(),
        kind=about.kind,
        abstract=about.abstract,
        ip_terms=about.terms,
        embargo=about.embargo.isoformat() if about.embargo else None,
        parent=older.parent if older else None,
        prev=older.prev if older else None,
        key=older.key if older else None,
    )
    pending = Pending(sealed, about.with_deposit)
    keep(work.pending, pending)
    return pending


def _send(trusted: Trusted, group: Sequence[tuple[Work, Pending]], about: About, outcome: Outcome) -> None:
    try:
        registered = _registered(trusted.site, [pending for _, pending in group])
    except SiteError as error:
        for work, _ in group:
            what = "and will refuse it again" if error.is_final else "run the same command again"
            outcome.failed.append((work, f"{error} What was signed is kept in {work.pending}: {what}."))
        return
    for (work, pending), answer in zip(group, registered, strict=True):
        try:
            verify_proof(answer.proof, pending.sealed.leaf.data, trusted.by_log)
        except LedgerError as error:
            outcome.failed.append((work, f"the site's proof does not hold: {error}"))
            continue
        write_private(work.bundle, _bundle(pending.sealed, answer, trusted, about))
        work.pending.unlink(missing_ok=True)
        outcome.done.append((work, answer))


def _registered(site: Site, group: Sequence[Pending]) -> list[Registered]:
    if len(group) == 1:
        return [site.register(group[0].sealed, with_deposit=group[0].with_deposit)]
    made = site.register_all([one.sealed for one in group], with_deposit=group[0].with_deposit)
    if len(made) != len(group):
        raise SiteError("The site answers for another number of works than were sent.", is_final=False)
    return made


def _groups(waiting: Sequence[tuple[Work, Pending]]) -> list[list[tuple[Work, Pending]]]:
    """Groups for one request each: not too many, not too large, and alike in whether the site keeps the opening."""
    groups: list[list[tuple[Work, Pending]]] = []
    weight = 0
    for one in waiting:
        size = sum(map(len, one[1].sealed.manifest.texts)) + len(one[1].sealed.opening_text)
        is_alike = bool(groups) and groups[-1][0][1].with_deposit == one[1].with_deposit
        if not is_alike or len(groups[-1]) == IN_ONE_BATCH or weight + size > BYTES_OF_A_BATCH:
            groups.append([])
            weight = 0
        groups[-1].append(one)
        weight += size
    return groups


def _bundle(sealed: Sealed, answer: Registered, trusted: Trusted, about: About) -> bytes:
    return make_bundle(
        BundleParts(
            leaf=sealed.leaf.data,
            proof=answer.proof,
            policy=trusted.text,
            opening=sealed.opening_text,
            salt=sealed.salt,
            authors=sealed.authors,
            manifest=sealed.manifest.texts,
            owner_key=key_file(sealed.key, sealed.leaf.hash),
            papers=standing_papers(about.lang),
        )
    )

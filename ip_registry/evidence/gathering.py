"""What a viewer may hold in their hands of a record: the bundle and the certificate, made from the database."""

import re
from collections.abc import Collection, Sequence
from urllib.parse import urlsplit

from sqlalchemy import select

from ip_registry.envelopes.leaves import parse_leaf
from ip_registry.envelopes.manifests import parse_file_record
from ip_registry.envelopes.openings import Author as SealedAuthor
from ip_registry.envelopes.openings import parse_author
from ip_registry.evidence.bundle import BitcoinProof, BundleParts, Consistency, LowerBound, Token
from ip_registry.evidence.certificate import Author, Certificate, Outsider, certificate_pdf
from ip_registry.evidence.erasure import ErasureFacts, erasure_pdf
from ip_registry.evidence.fragments import fragment_of
from ip_registry.evidence.papers import standing_papers
from ip_registry.models import BitcoinStamp, Deposit, LedgerCheckpoint, RecordState, TimeToken, TokenState
from ip_registry.queries.bitcoin import first_stamp
from ip_registry.queries.erasure import erasure_of
from ip_registry.queries.evidence import Evidence, evidence_of
from ip_registry.queries.file_stamps import tokens_over_files
from ip_registry.queries.log import CheckpointRow, checkpoint_at, latest_checkpoint, log_named
from ip_registry.queries.proofs import consistency, entry_of, proof_text
from ip_registry.queries.records import PartyRow, RecordView, record_view
from ip_registry.queries.trust import policy
from ip_registry.words import kind_name
from kernel.db import session
from kernel.i18n import LANG_TAGS, speaking
from kernel.viewer import Viewer
from kernel.words import gettext as _

STAMPED_LATER = 8
NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9]+", re.ASCII)


def parts_of(viewer: Viewer, name: str, *, locale: str, site: str, has_key: bool = True) -> BundleParts:
    """The parts of a record's bundle for this viewer: who sees no more than the log gets the bare proof."""
    view = record_view(viewer, name)
    held = evidence_of(view)
    deposit, bitcoin = _deposit(view), first_stamp(view.log_id, held.under.size)
    return BundleParts(
        leaf=held.leaf,
        proof=held.proof,
        policy=str(policy(view.label)),
        opening=deposit.opening if deposit else None,
        salt=bytes.fromhex(deposit.salt) if deposit and deposit.salt else None,
        authors=_authors(deposit),
        manifest=[str(one) for one in deposit.manifest] if deposit and deposit.manifest else None,
        tokens=_named(held.tokens),
        file_tokens=_file_tokens(view, deposit),
        bitcoin=_bitcoin(view, bitcoin),
        consistency=_consistency(view, held.under, {bitcoin.size} if bitcoin else set()),
        lower=_lower(view, held.since),
        certificate=_certificate(view, held, deposit, locale=locale, site=site, has_key=has_key),
        papers=standing_papers(locale),
    )


def certificate_of(viewer: Viewer, name: str, *, locale: str, site: str, has_key: bool = True) -> bytes:
    """The certificate of a record as this viewer may have it; `has_key` puts what opens the record into its code."""
    view = record_view(viewer, name)
    return _certificate(view, evidence_of(view), _deposit(view), locale=locale, site=site, has_key=has_key)


def erasure_certificate(viewer: Viewer, name: str, *, locale: str, site: str) -> bytes:
    """What an erasure left, for the owner who asked for it."""
    erasure = erasure_of(viewer, name)
    with speaking(locale):
        return erasure_pdf(
            ErasureFacts(
                number=erasure.number,
                origin=erasure.origin,
                commitment=erasure.commitment,
                leaves=erasure.leaves,
                erased_at=erasure.erased_at,
                remaining=erasure.remaining,
                lang=LANG_TAGS[locale],
                site=urlsplit(site).netloc,
            )
        )


def _named(rows: Sequence[TimeToken]) -> list[Token]:
    """Tokens under names that a file can have: the host of each authority, told apart by a number."""
    found: dict[str, Token] = {}
    for row in rows:
        host = "demo" if row.is_demo else NOT_IN_A_NAME.sub("-", urlsplit(row.url).hostname or "").strip("-") or "tsa"
        name = next(name for name in (host, *(f"{host}-{at}" for at in range(2, len(rows) + 2))) if name not in found)
        found[name] = Token(name, row.token or b"", row.chain_pem or b"")
    return list(found.values())


def _file_tokens(view: RecordView, deposit: Deposit | None) -> dict[int, list[Token]]:
    """The tokens over files themselves, by the place of the file in the manifest: they tell its bare hash."""
    if deposit is None or not deposit.manifest:
        return {}
    by_hash: dict[str, list[TimeToken]] = {}
    for row in tokens_over_files(view):
        by_hash.setdefault(row.imprint, []).append(row)
    texts = [str(one) for one in deposit.manifest]
    places = {imprint: _place_of(imprint, texts) for imprint in by_hash}
    return {place: _named(by_hash[imprint]) for imprint, place in places.items() if place is not None}


def _place_of(imprint: str, texts: Sequence[str]) -> int | None:
    """The first file with this SHA-256, counted from 1."""
    likely = (n for n, text in enumerate(texts, 1) if imprint in text and parse_file_record(text).sha256 == imprint)
    return next(likely, None)


def _bitcoin(view: RecordView, row: BitcoinStamp | None) -> BitcoinProof | None:
    if row is None or row.proof is None:
        return None
    return BitcoinProof(checkpoint_at(log_named(view.label), row.size).body, row.proof)


def _consistency(view: RecordView, under: CheckpointRow, wanted: Collection[int]) -> dict[int, Consistency]:
    """What joins the checkpoint to the one that the leaf names, to the newest, to stamped ones, and to those wanted."""
    found: dict[int, Consistency] = {}
    if 0 < view.after_size < under.size:
        found[view.after_size] = Consistency(
            view.after_size, consistency(under.log_id, view.after_size, under.size), under.note
        )
    later = session().scalars(
        select(TimeToken.size)
        .where(TimeToken.log_id == under.log_id, TimeToken.size > under.size, TimeToken.state == TokenState.GOOD)
        .distinct()
        .order_by(TimeToken.size.desc())
        .limit(STAMPED_LATER)
    )
    newest, here = latest_checkpoint(view.label), log_named(view.label)
    for size in sorted({newest.size, *later, *wanted} - {under.size, None}):
        other = newest if size == newest.size else checkpoint_at(here, size)
        found[size] = Consistency(under.size, consistency(under.log_id, under.size, size), other.note)
    return found


def _lower(view: RecordView, since: TimeToken | None) -> LowerBound | None:
    """The token, the leaf that anchors it, and the proof of that leaf under the checkpoint that the record names."""
    if since is None or since.anchor_hash is None or since.token is None:
        return None
    anchor = entry_of(since.anchor_hash)
    if anchor is None or session().get(LedgerCheckpoint, (view.log_id, view.after_size)) is None:
        return None
    return LowerBound(
        anchor=anchor.leaf,
        proof=proof_text(anchor.index, view.after_size, label=view.label),
        token=since.token,
        chain=since.chain_pem or b"",
    )


def _deposit(view: RecordView) -> Deposit | None:
    """What opens the record, for those who see all that it says."""
    deposit = session().get(Deposit, view.record_id) if view.sight.sees_all else None
    return deposit if deposit is not None and deposit.opening is not None else None


def _authors(deposit: Deposit | None) -> list[SealedAuthor | None] | None:
    if deposit is None or deposit.authors is None:
        return None
    return [parse_author(one) for one in deposit.authors]


def _certificate(
    view: RecordView, held: Evidence, deposit: Deposit | None, *, locale: str, site: str, has_key: bool
) -> bytes:
    with speaking(locale):
        return certificate_pdf(
            Certificate(
                number=view.number,
                origin=held.under.origin,
                index=view.index or 0,
                size=held.under.size,
                root=held.under.body.splitlines()[2],
                leaf_hash=view.leaf_hash,
                commitment=view.commitment,
                owner_key=parse_leaf(held.leaf).k,
                address=f"{site}{view.url}",
                url=f"{site}/v/{view.leaf_hash}{_key(deposit) if has_key else ''}",
                proof=held.proof,
                lang=LANG_TAGS[locale],
                site=urlsplit(site).netloc,
                title=view.title or None,
                kind=kind_name(view.kind, locale) if view.kind else "",
                holder=f"{view.owner.name} @{view.owner.handle}" if view.owner else "",
                authors=[_author(party) for party in view.authors],
                remarks=_remarks(view),
                not_before=held.since.stated_at if held.since else None,
                not_after=held.not_after,
                outsiders=[
                    Outsider(
                        name=one.name,
                        at=one.at,
                        is_witness=one.is_witness,
                        is_demo=one.is_demo,
                        is_contested=one.is_contested,
                    )
                    for one in held.outsiders
                ],
            )
        )


def _key(deposit: Deposit | None) -> str:
    """What opens the record, as it stands behind the `#`; a browser sends it to nobody."""
    if deposit is None or not deposit.opening or not deposit.salt or not deposit.manifest:
        return ""
    made = fragment_of(opening=deposit.opening, salt=deposit.salt, manifest=[str(one) for one in deposit.manifest])
    return f"#{made}" if made else ""


def _author(party: PartyRow) -> Author:
    return Author(
        name=party.name,
        handle=party.person.handle if party.person else None,
        share=party.share or None,
        is_confirmed=party.is_confirmed,
    )


def _remarks(view: RecordView) -> list[str]:
    """What happened to the record that whoever holds its certificate should know."""
    found = []
    if view.state == RecordState.WITHDRAWN:
        found.append(_("Withdrawn by its holder. The proof stays."))
    if view.state == RecordState.ERASED:
        found.append(_("Erased at its holder's wish: what it said is gone, the entry in the log stays."))
    if view.is_disputed:
        found.append(_("Disputed: somebody contradicts this record. The registry does not decide who is right."))
    return found

"""Evidence of a work that was registered before: what outsiders have said since is fetched and put into its bundle."""

from collections.abc import Mapping
from pathlib import Path

from ip_registry.envelopes.canonical import parse_canonical
from ip_registry.envelopes.manifests import Manifest
from ip_registry.evidence.bundle import open_bundle, pack
from ip_registry.evidence.verdicts import Verdict
from ip_registry.evidence.verifying import verify_bundle
from ip_registry.inventor.keeping import write_private
from ip_registry.inventor.site import SiteError
from ip_registry.inventor.trusting import Trusted
from ip_registry.inventor.versions import number_in
from ip_registry.inventor.works import Work, same_content

MINE = ("entry.json", "manifest.json", "owner-key.json", "record/opening.json", "record/salt", "record/authors.json")


def renew(work: Work, manifest: Manifest, trusted: Trusted, *, lang: str) -> None:
    """Renew the bundle of a work that has not changed; what only the inventor holds stays as it is."""
    policy = str(trusted.by_log)
    own = open_bundle(work.bundle.read_bytes())
    if not _is_of(own, manifest):
        raise SiteError(
            f"it is not what was sealed: {work.bundle} is of something else. Move that file away to seal this.",
            is_final=True,
        )
    before = verify_bundle(pack(own), policy=policy)
    if not before.proven:
        raise SiteError(f"{work.bundle} does not hold: {_reason(before)}", is_final=True)
    fresh = open_bundle(trusted.site.evidence(number_in(before.origin, before.index), lang=lang))
    both = pack({**fresh, **{name: own[name] for name in MINE if name in own}})
    after = verify_bundle(both, policy=policy)
    if not after.proven or after.leaf_hash != before.leaf_hash:
        raise SiteError(f"the site's evidence of {work.name} does not hold: {_reason(after)}", is_final=False)
    write_private(work.bundle, both)
    work.pending.unlink(missing_ok=True)


def is_evidence_of(bundle: Path, manifest: Manifest) -> bool:
    """Whether a bundle is of exactly these files."""
    return _is_of(open_bundle(bundle.read_bytes()), manifest)


def _is_of(members: Mapping[str, bytes], manifest: Manifest) -> bool:
    sealed = members.get("manifest.json")
    return sealed is not None and same_content(Manifest.parse(parse_canonical(sealed)), manifest)


def _reason(verdict: Verdict) -> str:
    return " ".join(line.text for line in verdict.failures)

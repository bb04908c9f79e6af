"""A new version of a work that was sealed before: signed by the same key, naming the record it follows."""

from dataclasses import dataclass
from pathlib import Path

from ip_registry.envelopes.canonical import parse_canonical
from ip_registry.envelopes.keys import OwnerKey, parse_key_file
from ip_registry.envelopes.manifests import Manifest
from ip_registry.evidence.bundle import open_bundle
from ip_registry.evidence.verifying import verify_bundle
from ip_registry.inventor.site import SiteError
from ip_registry.inventor.trusting import Trusted


@dataclass(frozen=True)
class Older:
    """The record that a version follows, and the last event of its life."""

    parent: str
    prev: str
    key: OwnerKey
    manifest: Manifest


def older_version(bundle: Path, trusted: Trusted) -> Older:
    """What the evidence of the older record holds, and what the site knows to have come after."""
    members = open_bundle(bundle.read_bytes())
    verdict = verify_bundle(bundle, policy=str(trusted.by_log))
    if not verdict.proven or verdict.leaf_hash is None:
        reason = " ".join(line.text for line in verdict.failures)
        raise SiteError(f"{bundle} does not hold: {reason}", is_final=True)
    if not {"owner-key.json", "manifest.json"} <= set(members):
        raise SiteError(f"{bundle} must have the owner's key and the list of files in it.", is_final=True)
    return Older(
        parent=verdict.leaf_hash,
        prev=trusted.site.last_event(number_in(verdict.origin, verdict.index)),
        key=parse_key_file(members["owner-key.json"]).key,
        manifest=Manifest.parse(parse_canonical(members["manifest.json"])),
    )


def number_in(origin: str | None, index: int | None) -> str:
    """The number of a record: the log's label, which ends its origin, and the index of its first entry."""
    return f"{(origin or '').rpartition('/')[2]}-{index}"

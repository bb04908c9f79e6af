"""The demo town: deterministic content, written for this project, that shows a site as it is meant to be used."""

from seeds.sectors import ensure_sectors
from seeds.town import SIGN_INS, seed_demo

__all__ = ["SIGN_INS", "ensure_sectors", "seed_demo"]

"""Secrets of a site that are made on its first start and kept beside its data, and keys that are made of them."""

import base64
import hashlib
import hmac
import secrets
from pathlib import Path

from flask import current_app


def derived_key(purpose: str) -> bytes:
    """A key for this purpose alone, made of the site's secret: 32 bytes in base64, as Fernet and HMAC take them."""
    secret: str = current_app.config["SECRET_KEY"]
    return base64.urlsafe_b64encode(hmac.digest(secret.encode(), purpose.encode(), hashlib.sha256))


def kept_secret(path: Path) -> str:
    """The secret in this file; made, readable by its owner only, when there is none yet.

    Two processes that start at once end up with one secret.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(48))
        try:
            path.hardlink_to(fresh)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text().strip()

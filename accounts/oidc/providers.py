"""The institutions whose word opens accounts here: named by the operator, and by nobody else."""

import json
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from flask import current_app
from pydantic import BaseModel, ConfigDict, Field, field_validator

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
FILE = "institutions.toml"


class Provider(BaseModel):
    """A sign-in server, what it is called, and the organisation of this site for which it speaks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slug: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,38}$")
    name_zh: str = Field(min_length=1, max_length=80)
    name_en: str = Field(min_length=1, max_length=80)
    issuer: str = Field(max_length=300)
    client_id: str = Field(min_length=1)
    client_secret: str = ""
    organisation: str = ""
    scope: str = "openid email profile"

    @field_validator("issuer")
    @classmethod
    def _must_be_safe(cls, issuer: str) -> str:
        parts = urlsplit(issuer)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise ValueError("an issuer must be an https address: whoever changed its answers could be anybody")
        return issuer

    def name_in(self, locale: str) -> str:
        """What people call it."""
        return self.name_zh if locale.startswith("zh") else self.name_en


def parse_providers(text: str, data: Path) -> dict[str, Provider]:
    """Those of the setting (a JSON list), or else of `institutions.toml` in DATA; two of one slug are refused."""
    file = data / FILE
    if text.strip():
        found = json.loads(text)
    elif file.exists():
        found = tomllib.loads(file.read_text(encoding="utf-8")).get("provider", [])
    else:
        found = []
    made = [Provider.model_validate(one) for one in found]
    by_slug = {one.slug: one for one in made}
    if len(by_slug) < len(made) or len({one.issuer for one in made}) < len(made):
        raise ValueError("two institutions have the same slug or issuer")
    return by_slug


def providers() -> dict[str, Provider]:
    """The institutions by their slugs, in the operator's order."""
    found: dict[str, Provider] = current_app.config["OIDC_PROVIDERS"]
    return found


def provider_of(issuer: str) -> Provider | None:
    """The institution that signs as `issuer`, if the operator still names it."""
    return next((one for one in providers().values() if one.issuer == issuer), None)

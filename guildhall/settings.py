import secrets
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
SHORTEST_SECRET = 32


class Settings(BaseSettings):
    """All that an operator sets, as `GUILDHALL_*`; unsafe production values are refused at the start."""

    model_config = SettingsConfigDict(env_prefix="GUILDHALL_", frozen=True, extra="ignore")

    data: Path = Field(default=Path("var"), description="directory of the database, files and keys")
    database_url: str = Field(default="", description="SQLAlchemy URL; SQLite in DATA when empty")
    secret_key: str = Field(default="", description="signs cookies; made and kept in DATA when empty")
    base_url: str = Field(default="http://127.0.0.1:8000", description="where people reach the site")
    mail_url: str = Field(default="", description="smtp://… or smtps://…; kept in the outbox when empty")
    mail_from: str = Field(default="", description="sender of mails; guildhall@<host of BASE_URL> when empty")
    redis_url: str = Field(default="", description="shared counters of rate limits; in memory when empty")
    site_name: str = "会馆 Guildhall"
    upload_limit_mb: int = Field(default=25, ge=1, le=2048)
    rate_limits: bool = Field(default=True, description="off only for tests and benches")
    trusted_proxies: int = Field(default=0, ge=0, description="how many proxies in front set X-Forwarded-*")
    log_requests: bool = True
    search_engine: Literal["auto", "whoosh", "tantivy", "postgres"] = Field(
        default="auto", description="auto: Whoosh, then tantivy; on PostgreSQL postgres"
    )
    search_growth: int = Field(default=100_000, ge=1, description="documents from which auto takes tantivy")

    @model_validator(mode="after")
    def _refuse_unsafe(self) -> Self:
        if self.search_engine == "postgres" and not self.database().startswith("postgresql"):
            raise ValueError("GUILDHALL_SEARCH_ENGINE=postgres needs a PostgreSQL database")
        parts = urlsplit(self.base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("GUILDHALL_BASE_URL must be an http(s) address")
        if parts.hostname in LOOPBACK:
            return self
        if parts.scheme != "https":
            raise ValueError("GUILDHALL_BASE_URL must be https: sessions would travel in the clear")
        if self.secret_key and (len(self.secret_key) < SHORTEST_SECRET or len(set(self.secret_key)) < 10):  # noqa: PLR2004
            raise ValueError("GUILDHALL_SECRET_KEY is short or guessable; leave it empty and one is made")
        return self

    @property
    def is_secure(self) -> bool:
        """Whether people come by https, so that cookies may be Secure."""
        return self.base_url.startswith("https://")

    def database(self) -> str:
        """The database's URL, with psycopg as PostgreSQL's driver."""
        if not self.database_url:
            return f"sqlite:///{(self.data / 'guildhall.sqlite').resolve()}"
        for prefix in ("postgresql://", "postgres://"):
            if self.database_url.startswith(prefix):
                return "postgresql+psycopg://" + self.database_url.removeprefix(prefix)
        return self.database_url

    def secret(self) -> str:
        """The secret key: as set, or made on first start and kept in DATA, readable by its owner only."""
        if self.secret_key:
            return self.secret_key
        path = self.data / "secret_key"
        if not path.exists():
            self.data.mkdir(parents=True, exist_ok=True)
            fresh = path.with_name(f"secret_key.{secrets.token_hex(4)}")
            fresh.touch(mode=0o600)
            fresh.write_text(secrets.token_urlsafe(48))
            try:
                path.hardlink_to(fresh)  # two processes starting at once end up with one key
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        return path.read_text().strip()

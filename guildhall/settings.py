from ipaddress import ip_network
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from kernel.secrets import kept_secret

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
SHORTEST_SECRET = 32
HALF_RESTORED = Path("restoring/ready.json")  # in DATA, while a restore swaps


class Settings(BaseSettings):
    """All that an operator sets, as `GUILDHALL_*`; unsafe production values are refused at the start."""

    model_config = SettingsConfigDict(env_prefix="GUILDHALL_", frozen=True, extra="ignore")

    data: Path = Field(default=Path("var"), description="directory of the database, files and keys")
    database_url: str = Field(default="", description="SQLAlchemy URL; SQLite in DATA when empty")
    secret_key: str = Field(default="", description="signs cookies; made and kept in DATA when empty")
    base_url: str = Field(default="http://127.0.0.1:8000", description="where people reach the site")
    mail_url: str = Field(default="", description="smtp://… or smtps://…; kept in the outbox when empty")
    mail_from: str = Field(default="", description="sender of mails; guildhall@<host of BASE_URL> when empty")
    mail_reply_address: str = Field(default="", description="reply@example.org: what comes to reply+…@ is read as mail")
    mail_inbox: str = Field(default="", description="imaps://user:password@host/INBOX, read by the worker")
    oidc_providers: str = Field(
        default="", description="institutions that sign people in, a JSON list; DATA/institutions.toml when empty"
    )
    push_services: str = Field(
        default="", description="https://host of push services of one's own network, between blanks; others are public"
    )
    redis_url: str = Field(default="", description="shared counters of rate limits; in memory when empty")
    site_name: str = "会馆 Guildhall"
    security_contact: str = Field(
        default="",
        pattern=r"^((mailto:|https://|tel:)\S+)?$",
        description="where faults of security are told: mailto:… or https://…, in /.well-known/security.txt",
    )
    approve_first: int = Field(default=2, ge=0, description="so many posts of a newcomer are approved first; 0: none")
    upload_limit_mb: int = Field(default=25, ge=1, le=2048)
    rate_limits: bool = Field(default=True, description="off only for tests and benches")
    trusted_proxies: int = Field(default=0, ge=0, description="how many proxies in front set X-Forwarded-*")
    log_requests: bool = True
    metrics_from: str = Field(
        default="127.0.0.0/8 ::1/128", description="networks between blanks that may read /metrics; empty: none"
    )
    flags_to_hide: int = Field(default=12, ge=0, description="weight of flags that hides until decided; 0: never")
    search_engine: Literal["auto", "whoosh", "tantivy", "postgres"] = Field(
        default="auto", description="auto: Whoosh, then tantivy; on PostgreSQL postgres"
    )
    search_growth: int = Field(default=100_000, ge=1, description="documents from which auto takes tantivy")

    ledger_key: Path | None = Field(default=None, description="file of the log's secret; DATA/ledger.key when unset")
    high_water: Path | None = Field(
        default=None,
        description="file that remembers how far the log was signed; best on another volume",
    )
    tsa_urls: str = Field(default="", description="time stamping authorities: url or url|chain.pem, between blanks")
    ots_calendars: str = Field(default="", description="OpenTimestamps calendars between blanks; needs guildhall[ots]")
    witnesses: str = Field(default="", description="witnesses of the log: vkey and url, between semicolons")

    backup_to: str = Field(default="", description="where backups are kept: a directory or s3://bucket/prefix")
    backup_at: str = Field(default="19:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="when, each day, in UTC")
    backup_keep: str = Field(
        default="7 4 12", pattern=r"^\d+ \d+ \d+$", description="how many are kept: of days, of weeks, of months"
    )
    backup_recipient: str = Field(default="", description="age public keys between blanks that open backups")
    backup_identity: Path | None = Field(
        default=None, description="file of the age secret key, only for rehearsing encrypted backups on this machine"
    )
    s3_endpoint: str = Field(default="https://s3.amazonaws.com", description="where s3:// is")
    s3_region: str = Field(default="", description="of the bucket; asked for when empty")
    s3_key: str = Field(default="", description="access key")
    s3_secret: str = Field(default="", description="secret key")

    @field_validator("metrics_from")
    @classmethod
    def _networks(cls, value: str) -> str:
        for one in value.split():
            ip_network(one, strict=False)
        return value

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
        return kept_secret(self.data / "secret_key")

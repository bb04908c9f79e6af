"""What docs/security.md promises, read off the code: who speaks to others, how secrets are kept, what is limited."""

import ast
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask_limiter.util import get_qualified_name

from guildhall.rooms import open_rooms
from kernel.db import SAFE_METHODS, Base
from kernel.limits import CLASSES, SMALL_DEEDS, by_default, limiter
from tests.house.source import ROOT, trees

OUTWARD = re.compile(
    r"^(socket|http\.client|urllib\.request|urllib3|requests|httpx|aiohttp|ftplib|poplib|imaplib|smtplib|telnetlib|xmlrpc"
    r"|minio|boto3|pywebpush|websockets|authlib\.integrations|asyncio)(\.|$)"
)
ALLOWED = {
    "kernel/http.py": "the guarded client itself",
    "kernel/mail/line.py": "SMTP to the server that the operator names",
    "kernel/mail/inbox.py": "IMAP to the server that the operator names",
    "guildhall/backup/places.py": "S3 at the endpoint that the operator names",
    "accounts/oidc/talking.py": "institutions that the operator names; bounded, and follows no redirect",
    "ip_registry/inventor/site.py": "the inventor's own command, on the inventor's machine",
    "guildhall/serving.py": "binds the site's own port",
    "search_index/indexing/locking.py": "asks for the name of this machine only",
}
SECRET = re.compile(r"(^|_)(token|secret|key|password|code|auth|p256dh|salt)($|_)")
NO_SECRET = {
    "organisation.code": "the number under which an organisation is registered",
    "community.code": "a short name of a sector",
    "grant.token": "what somebody holds, such as moderator:7: a name, which opens nothing by itself",
    "search_change.key": "the name of a document",
    "search_suggestion.key": "what somebody types",
    "search_title.key": "what somebody types",
    "idempotency_key.key": "chosen by a program, good for its own account only",
    "mail.message_key": "stands in the Message-ID of the mail",
    "mail_incoming.key": "hash of a mail",
    "passkey.public_key": "public",
    "record.owner_key": "public",
    "record.next_key": "public: the commitment to the key that follows",
    "record_party.vkey": "public",
    "ledger_cosignature.vkey": "public",
    "time_token.token": "a time stamp, which is there to be shown",
    "registry_filing.salt": "keeps what was sealed from being guessed; its owner's, and erased with the record",
    "record_deposit.salt": "the same",
    "record_event.salt": "the same",
    "alliance_proposal.is_secret": "whether a ballot is secret",
}
KEPT_SEALED = {
    "authenticator.sealed_secret": "needed to check codes: encrypted with a key of the site's secret",
}


def imports() -> Iterator[tuple[str, int, str]]:
    for name, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from ((name, node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                yield from ((name, node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def test_nobody_speaks_to_other_servers_but_through_the_guarded_client() -> None:
    found = [(name, f"{name}:{line} {what}") for name, line, what in imports() if OUTWARD.match(what)]
    assert [said for name, said in found if name not in ALLOWED] == []
    assert set(ALLOWED) == {name for name, _said in found}, "an exception that is no longer one"


def test_only_what_an_operator_named_is_asked_without_looking_where_it_leads() -> None:
    """`Reach.NAMED` goes anywhere; so few places say it that each can be looked at."""
    named = {
        name
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "Reach.NAMED" and name != "kernel/http.py"
    }
    assert named <= {"ip_registry/time/http.py", "activity/push/subscribing.py"}


def columns() -> set[str]:
    """Every column of every room, as `table.column`."""
    open_rooms()
    return {f"{table.name}.{column.name}" for table in Base.metadata.tables.values() for column in table.columns}


def test_every_secret_is_kept_as_a_hash_or_sealed_or_is_none() -> None:
    there = columns()
    suspicious = {name for name in there if SECRET.search(name.partition(".")[2]) and not name.endswith("_hash")}
    assert suspicious - set(NO_SECRET) - set(KEPT_SEALED) == set()
    assert (set(NO_SECRET) | set(KEPT_SEALED)) - there == set(), "a reason for what is not there any more"


def test_every_secret_that_is_kept_stands_in_the_handbook() -> None:
    text = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    kept = {name for name in columns() if re.search(r"(token|code|password|proof)_hash$|\.sealed", name)}
    assert [name for name in sorted(kept) if f"`{name}`" not in text] == []


def _limits(app: Flask, endpoint: str) -> set[str]:
    """The classes that the view of an endpoint names."""
    found, view = set(), app.view_functions[endpoint]
    while view is not None:
        for group in limiter.limit_manager._decorated_limits.get(get_qualified_name(view), ()):
            found.add(str(group.limit_provider))
        view = getattr(view, "__wrapped__", None)
    return found


def test_every_limit_is_one_of_the_classes(app: Flask) -> None:
    named = {limit for rule in app.url_map.iter_rules() for limit in _limits(app, rule.endpoint)}
    assert named - set(CLASSES.values()) == set()


def test_whatever_takes_something_has_a_class(app: Flask) -> None:
    """By its name, or as a small deed: there is no way to add an address that takes things without any."""
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - SAFE_METHODS:
            with app.test_request_context(re.sub(r"<[^>]*>", "1", rule.rule), method=method):
                assert by_default() == SMALL_DEEDS
    exempt = limiter.limit_manager._route_exemptions
    assert exempt == {}


@pytest.mark.parametrize("path", ["accounts.sign_up", "accounts.forgot", "accounts.sign_in", "accounts.send_again"])
def test_the_doors_for_strangers_are_limited_as_such(app: Flask, path: str) -> None:
    assert CLASSES["signing"] in _limits(app, path)


def test_the_classes_stand_in_the_handbook() -> None:
    text = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    assert [name for name, limit in CLASSES.items() if f"| {name} | {limit} |" not in text] == []

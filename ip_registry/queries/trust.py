"""Whom a verifier is asked to trust: the keys of this site's logs, and the witnesses that watch them."""

from itertools import groupby

from sqlalchemy import select

from ip_registry.keys import log_of
from ip_registry.models import LedgerLog
from ip_registry.queries.log import log_named
from ip_registry.witnesses import configured_witnesses
from kernel.db import session
from ledger.keys import Kind
from ledger.policies import NONE, Group, KnownLog, KnownWitness, Policy

WITNESSES = "witnesses"


def policy_text(label: str | None = None) -> str:
    """The tlog-policy of one log, or of all logs of the site."""
    return str(policy(label))


def policy(label: str | None = None) -> Policy:
    """The same as it is evaluated: any log key, and a majority of the configured witnesses, each by any of its keys."""
    if label is not None:
        origins = [log_named(label).origin]
    else:
        origins = list(session().scalars(select(LedgerLog.origin).order_by(LedgerLog.id)))
    logs = tuple(KnownLog(signer.verifier) for origin in origins for signer in log_of(origin).signers)
    watching = witnesses()
    if not watching:
        return Policy(logs)
    names, known, groups = {NONE, WITNESSES}, list[KnownWitness](), list[Group]()
    members = [_voice(keys, names, known, groups) for keys in watching]
    groups.append(Group(WITNESSES, (len(members) + 1) // 2, tuple(members)))
    return Policy(logs, tuple(known), tuple(groups), WITNESSES)


def witnesses() -> list[list[KnownWitness]]:
    """The witnesses that this site is configured with, in the order of their names, each with its keys."""
    by_key = {str(one.verifier): one for one in configured_witnesses()}
    sorted_keys = sorted(by_key.values(), key=lambda one: (one.name, one.verifier.kind, str(one.verifier)))
    return [list(keys) for _name, keys in groupby(sorted_keys, key=lambda one: one.name)]


def _voice(keys: list[KnownWitness], names: set[str], known: list[KnownWitness], groups: list[Group]) -> str:
    """Let the policy know a witness; returns the name under which it counts once, with however many keys it signs."""
    named = [KnownWitness(_free(_stem(one, keys), names), one.verifier) for one in keys]
    known += named
    if len(named) == 1:
        return named[0].name
    group = _free(f"{keys[0].name}-keys", names)
    groups.append(Group(group, 1, tuple(one.name for one in named)))
    return group


def _stem(one: KnownWitness, keys: list[KnownWitness]) -> str:
    return f"{one.name}-mldsa" if len(keys) > 1 and one.verifier.kind == Kind.ML_DSA_44 else one.name


def _free(stem: str, names: set[str]) -> str:
    """A name that the policy does not use yet, which it does from now on."""
    name = next(one for one in (stem, *(f"{stem}-{number}" for number in range(2, len(names) + 3))) if one not in names)
    names.add(name)
    return name

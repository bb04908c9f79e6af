"""Policies: whom a verifier trusts, read, written and applied."""

import pytest

from ledger.errors import FormatError, LedgerError, PolicyError, SignatureError
from ledger.keys import Kind, Verifier
from ledger.notes import sign_note
from ledger.policies import Group, Policy, parse_policy, policy_of
from tests.ledger.logs import LOG_KEY, LOG_KEY_PQ, NOW, ORIGIN, WITNESS, WITNESS_PQ, both_witnesses, log_of, signer

HEAD = log_of(5).checkpoints(-1, 9)[-1].note.partition("\n\n")[0] + "\n"
X = [signer(f"x{number}.example", Kind.ED25519_COSIGNATURE, 10 + number) for number in (1, 2, 3)]
Y = [signer(f"y{number}.example", Kind.ED25519_COSIGNATURE, 20 + number) for number in (1, 2, 3)]
EXAMPLE = f"""
# two institutions

log {LOG_KEY.verifier} https://log.example/
witness X1 {X[0].verifier}
witness X2\t{X[1].verifier} https://x2.example/
  witness X3 {X[2].verifier} \t
group X-witnesses 2 X1 X2 X3
witness Y1 {Y[0].verifier}
witness Y2 {Y[1].verifier}
witness Y3 {Y[2].verifier}
group Y-witnesses any Y1 Y2 Y3
group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def test_the_example_of_the_specification_asks_for_two_of_one_house_and_one_of_the_other() -> None:
    policy = parse_policy(EXAMPLE)
    assert [group.threshold for group in policy.groups] == [2, 1, 2]
    assert policy.witnesses[1].url == "https://x2.example/"
    assert policy.logs[0].url == "https://log.example/"
    for cosigners, is_enough in (
        ([X[0], X[1], Y[2]], True),
        ([X[0], X[2], *Y], True),
        ([*X], False),
        ([X[0], *Y], False),
        ([], False),
    ):
        assert policy.is_quorum(key.verifier for key in cosigners) is is_enough


def test_a_policy_is_read_as_it_was_written() -> None:
    policy = parse_policy(EXAMPLE)
    assert parse_policy(str(policy)) == policy
    assert parse_policy(str(policy).encode()) == policy
    for threshold in (0, 1, 2):
        assert parse_policy(str(both_witnesses(threshold))) == both_witnesses(threshold)


def test_names_are_compared_byte_by_byte() -> None:
    text = f"witness K {X[0].verifier}\nwitness \u212a {X[1].verifier}\nquorum K\n"
    policy = parse_policy(text.encode())
    assert policy.is_quorum([X[0].verifier])
    assert not policy.is_quorum([X[1].verifier])
    assert parse_policy(b"witness \xff\xfe " + str(X[0].verifier).encode() + b"\nquorum \xff\xfe\n").is_quorum(
        [X[0].verifier]
    )


def test_at_least_32_of_everything() -> None:
    keys = [signer(f"w{number}", Kind.ED25519_COSIGNATURE, number) for number in range(64)]
    lines = [f"witness w{number} {key.verifier}\n" for number, key in enumerate(keys)]
    lines += [f"group g{number} any w{number}\n" for number in range(64)]
    members = " ".join(f"g{number}" for number in range(64))
    policy = parse_policy("".join([*lines, f"group all all {members}\nquorum all\n"]))
    assert policy.is_quorum(key.verifier for key in keys)
    assert not policy.is_quorum(key.verifier for key in keys[1:])


W1 = f"witness a {X[0].verifier}\n"
W2 = f"witness b {X[1].verifier}\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        W1,
        W1 + "quorum a\nquorum a\n",
        W1 + "quorum b\n",
        "quorum a\n" + W1,
        W1 + "quorum\n",
        W1 + "quorum a b\n",
        W1 + "group g any\nquorum g\n",
        W1 + "group g 0 a\nquorum g\n",
        W1 + "group g 2 a\nquorum g\n",
        W1 + "group g 01 a\nquorum g\n",
        W1 + "group g some a\nquorum g\n",
        W1 + "group g any b\n" + W2 + "quorum g\n",
        W1 + "group g any g\nquorum g\n",
        W1 + "group a any a\nquorum a\n",
        W1 + "group none any a\nquorum a\n",
        W1 + "group g any none\nquorum g\n",
        W1 + W2 + "group g any a b\ngroup h any a\nquorum g\n",
        W1 + "group g any a a\nquorum g\n",
        W1 + f"witness b {X[0].verifier}\nquorum a\n",
        W1 + f"witness a {X[1].verifier}\nquorum a\n",
        f"witness none {X[0].verifier}\nquorum none\n",
        f"log {LOG_KEY.verifier}\nlog {LOG_KEY.verifier}\nquorum none\n",
        f"log {X[0].verifier}\nquorum none\n",
        f"log {LOG_KEY.verifier} url more\nquorum none\n",
        f"witness a {LOG_KEY.verifier}\nquorum a\n",
        "witness a not-a-key\nquorum a\n",
        "logs\nquorum none\n",
        "quorum none\r\n",
        "quorum\u3000none\n",
        "quorum none\x0b\n",
    ],
)
def test_what_is_not_a_policy_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        parse_policy(text)


def test_two_keys_with_one_public_key_are_the_same_witness() -> None:
    alias = Verifier("alias.example", Kind.ED25519_COSIGNATURE, X[0].verifier.public)
    with pytest.raises(FormatError):
        parse_policy(W1 + f"witness b {alias}\nquorum a\n")


def test_a_checkpoint_needs_a_known_log_and_the_quorum() -> None:
    everybody = sign_note(HEAD, [LOG_KEY, WITNESS, WITNESS_PQ], time=NOW)
    opened = both_witnesses().open(everybody)
    assert opened.checkpoint.size == 5
    assert len(opened.verified) == 3
    with pytest.raises(PolicyError, match="quorum"):
        both_witnesses().open(sign_note(HEAD, [LOG_KEY, WITNESS], time=NOW))
    assert both_witnesses(1).open(sign_note(HEAD, [LOG_KEY, WITNESS], time=NOW))
    assert both_witnesses(0).open(sign_note(HEAD, [LOG_KEY]))
    with pytest.raises(PolicyError, match="no known log"):
        both_witnesses().open(sign_note(HEAD, [WITNESS, WITNESS_PQ], time=NOW))
    with pytest.raises(SignatureError):
        both_witnesses().open(sign_note(HEAD, [LOG_KEY_PQ]))


def test_a_known_log_speaks_for_its_own_origin_alone() -> None:
    other = HEAD.replace(ORIGIN, "another.example/log")
    with pytest.raises(PolicyError, match="no known log"):
        both_witnesses(0).open(sign_note(other, [LOG_KEY]))


def test_a_log_may_have_a_key_of_each_type() -> None:
    policy = policy_of(log=[LOG_KEY.verifier, LOG_KEY_PQ.verifier], witnesses={}, threshold=0)
    for keys in ([LOG_KEY], [LOG_KEY_PQ], [LOG_KEY, LOG_KEY_PQ]):
        assert len(policy.open(sign_note(HEAD, keys)).verified) == len(keys)
    assert policy.log_keys(ORIGIN) == (LOG_KEY.verifier, LOG_KEY_PQ.verifier)


def test_without_logs_the_quorum_alone_decides() -> None:
    policy = Policy(witnesses=both_witnesses().witnesses, groups=(Group("g", 1, ("w1", "w2")),), quorum="g")
    assert policy.open(sign_note(HEAD, [WITNESS], time=NOW)).checkpoint.size == 5
    with pytest.raises(LedgerError):
        policy.open(sign_note(HEAD, [LOG_KEY]))


def test_urls_of_witnesses_go_by_their_names() -> None:
    policy = policy_of(log=[], witnesses={"w1": WITNESS.verifier}, threshold=1, urls={"w1": "https://w1.example/"})
    assert str(policy) == f"witness w1 {WITNESS.verifier} https://w1.example/\ngroup witnesses 1 w1\nquorum witnesses\n"

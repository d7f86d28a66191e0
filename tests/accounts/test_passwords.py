"""Passwords: what is accepted, what is kept, and that nothing is learnt from the work that is done."""

from collections import Counter

import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity_service.accounts.hashing import HashingQueue
from identity_service.accounts.passwords import LONGEST, Passwords
from tests.fakes.chance import SeededChance
from tests.fakes.people import HASH, PASSWORD

WEAK = "$argon2id$v=19$m=8,t=1,p=1$x46Hf40K0Nnn+zHLapTvWw$mO8QlT7XxO5KiU543yorwZCbIYUjW5iO8QindtPaSWQ"
BCRYPT = {
    "$2a$04$JoV0OEBtU.7jkdKYWlHIoeeeRC49bHkgZIU2R/20lnXlp6gKygYBy": PASSWORD,
    "$2b$04$RLYdsXznwTB.n//h03JtUOwKSyT7p.nmdRak4JbPd1iP6dHRuiuii": "x" * 80,
    "$2b$04$sKU1qdwvf6Ii3K9a7Esc0uormxE4YG8KFu3nCVFABllQ40nBraKc.": "é" * 100,
    "$2a$04$OcvxMirIqKyxJwXP4efos.KfjARP.piE37.MHHVXZeTuRH2MoT97G": "x" * 71 + "é" + "tail",
}
"""Hashes as LibreChat's bcryptjs keeps them: it reads 72 bytes, even if that is half a letter."""
OLD, OLD_LONG, OLD_LETTERS, _ = BCRYPT


class CountingQueue:
    """Runs everything at once and remembers how much it was."""

    is_waited_for = False

    def __init__(self):
        self.done = 0

    def run(self, work, *arguments):
        self.done += 1
        return work(*arguments)


class CountingHasher:
    """Stands in front of the hashers and counts what comparing has cost: rounds of bcrypt, and hashes of Argon2id."""

    def __init__(self, hasher):
        self._hasher, self.cost = hasher, Counter()

    def verify(self, password, kept):
        _, kind, *settings, _, _ = kept.split("$") if kept.startswith("$argon2id$") else f"{kept}$".split("$")
        is_bcrypt = kind.startswith("2")
        self.cost["bcrypt" if is_bcrypt else kind] += 2 ** int(settings[0]) if is_bcrypt else 1
        self.settings = settings
        return self._hasher.verify(password, kept)

    def hash(self, password):
        return self._hasher.hash(password)


def passwords_on(queue, dearest_old=0):
    return Passwords(queue, SeededChance(), lambda: dearest_old, shortest=8, context=("LibreChat",))


def cost_of(password, kept, dearest_old):
    """Return what it costs to verify."""
    passwords = passwords_on(CountingQueue(), dearest_old)
    passwords._hasher = hasher = CountingHasher(passwords._hasher)
    passwords.verify(password, kept)
    return dict(hasher.cost)


@pytest.fixture
def passwords():
    return passwords_on(HashingQueue(2, 8))


def test_a_password_verifies_against_its_own_hash_and_no_other_does(passwords):
    kept = passwords.hash(PASSWORD)

    assert kept.startswith("$argon2id$v=19$m=20476,t=2,p=1$")
    assert passwords.verify(PASSWORD, kept) == (True, None)
    assert passwords.verify(PASSWORD + " ", kept) == (False, None)
    assert passwords.verify(PASSWORD.upper(), kept) == (False, None)
    assert passwords.verify("", kept) == (False, None)


def test_the_same_password_never_has_the_same_hash_twice(passwords):
    assert passwords.hash(PASSWORD) != passwords.hash(PASSWORD)


def test_a_password_is_taken_exactly_as_it_was_received(passwords):
    composed, decomposed = "caf\u00e9 au lait", "cafe\u0301 au lait"

    assert passwords.verify(composed, passwords.hash(composed)).is_right
    assert not passwords.verify(decomposed, passwords.hash(composed)).is_right


def test_nobody_and_somebody_cost_the_same_work():
    queue = CountingQueue()
    passwords = passwords_on(queue)
    passwords._hasher = hasher = CountingHasher(passwords._hasher)
    passwords.verify("a wrong guess", HASH)
    somebody = hasher.settings
    passwords.verify("a wrong guess", None)

    assert queue.done == 2
    assert somebody == hasher.settings == ["v=19", "m=20476,t=2,p=1"]
    assert hasher.cost == {"argon2id": 2}


@pytest.mark.parametrize("kept", [HASH, None, *BCRYPT, bcrypt.hashpw(b"x", bcrypt.gensalt(6)).decode()])
@pytest.mark.parametrize("guess", ["a wrong guess", "", "ñ" * 36, "y" * 1024])
def test_whatever_is_wrong_costs_the_same_work_as_long_as_somebody_has_an_old_hash(kept, guess):
    assert cost_of(guess, kept, dearest_old=6) == {"argon2id": 1, "bcrypt": 2**6}


def test_once_no_old_hash_is_left_nobody_pays_for_one():
    assert cost_of("a wrong guess", HASH, dearest_old=0) == {"argon2id": 1}
    assert cost_of("a wrong guess", None, dearest_old=0) == {"argon2id": 1}


def test_what_is_right_costs_no_more_than_its_own_check():
    assert cost_of(PASSWORD, HASH, dearest_old=6) == {"argon2id": 1}
    assert cost_of(PASSWORD, OLD, dearest_old=6) == {"bcrypt": 2**4}


@pytest.mark.parametrize("kept", [HASH, None, "garbage"])
def test_the_memory_of_a_hash_stays_while_somebody_waits_and_no_longer(kept):
    queue = CountingQueue()
    passwords = passwords_on(queue)
    queue.is_waited_for = True
    passwords.verify("a wrong guess", HASH)
    assert passwords._argon2._memory.idle
    queue.is_waited_for = False
    passwords.verify("a wrong guess", kept)

    assert not passwords._argon2._memory.idle


def test_the_decoy_is_nobodys_password(passwords):
    assert passwords.verify("", None) == (False, None)
    assert passwords.verify(PASSWORD, None) == (False, None)


@pytest.mark.parametrize(("kept", "password"), BCRYPT.items())
def test_bcrypt_hashes_of_librechat_keep_working_and_are_renewed(passwords, kept, password):
    verdict = passwords.verify(password, kept)

    assert verdict.is_right
    assert verdict.renewed.startswith("$argon2id$")
    assert passwords.verify(password, verdict.renewed) == (True, None)
    assert passwords.verify(f"not {password}", kept) == (False, None)


@pytest.mark.parametrize(("kept", "letter"), [(OLD_LONG, "x"), (OLD_LETTERS, "é")])
@pytest.mark.parametrize("length", [129, 500, 1024])
def test_a_password_that_is_too_long_is_wrong_even_if_bcrypt_would_read_no_further(passwords, kept, letter, length):
    assert passwords.verify(letter * 128, kept).is_right
    assert passwords.verify(letter * length, kept) == (False, None)
    assert cost_of(letter * length, kept, dearest_old=6) == cost_of("a wrong guess", kept, dearest_old=6)


def test_a_renewed_hash_is_of_the_longest_password_that_was_typed_and_of_no_other(passwords):
    renewed = passwords.verify("x" * 128, OLD_LONG).renewed

    assert passwords.verify("x" * 128, renewed) == (True, None)
    assert not passwords.verify("x" * 129, renewed).is_right
    assert not passwords.verify("x" * 127, renewed).is_right


def test_a_renewed_hash_is_of_the_whole_password(passwords):
    renewed = passwords.verify("x" * 80, OLD_LONG).renewed

    assert not passwords.verify("x" * 79, renewed).is_right


def test_a_weaker_argon2_hash_is_renewed(passwords):
    renewed = passwords.verify(PASSWORD, WEAK).renewed

    assert renewed.startswith("$argon2id$v=19$m=20476,t=2,p=1$")
    assert passwords.verify("a wrong guess", WEAK) == (False, None)


@pytest.mark.parametrize(
    "kept",
    [
        "",
        "garbage",
        "$",
        "$2b$",
        "$2a$99$JoV0OEBtU.7jkdKYWlHIoeeeRC49bHkgZIU2R/20lnXlp6gKygYBy",
        "$2b$04$short",
        "$argon2id$",
        "$argon2id$v=19$m=20476,t=2,p=1$not base64$not base64",
        "$argon2id$v=19$m=x,t=y,p=z$OGQ6SDUsRkGls0oyuyppxg$OGQ6SDUsRkGls0oyuyppxg",
        "$argon2id$v=19$m=20476,t=2,p=1$OGQ6SDUsRkGls0oyuyppxg",
        "$5$rounds=5000$salt$hash",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "é",
    ],
)
def test_a_kept_hash_that_is_none_lets_nobody_in(passwords, kept):
    assert passwords.verify(PASSWORD, kept) == (False, None)


@pytest.mark.parametrize("length", [1, 7])
def test_a_password_that_is_too_short_is_told_the_shortest_length(passwords, length):
    assert passwords.broken_rule("☂" * length) == "must be at least 8 characters"


@pytest.mark.parametrize("length", [8, 64, 128])
@pytest.mark.parametrize("letter", ["ñ", "🔑"])
def test_every_length_from_8_to_128_code_points_is_accepted(passwords, length, letter):
    assert passwords.broken_rule(letter * length) is None


@pytest.mark.parametrize("letter", ["x", "🔑"])
def test_a_password_of_129_code_points_is_refused_and_not_truncated(passwords, letter):
    assert passwords.broken_rule(letter * (LONGEST + 1)) == "must be at most 128 characters"


def test_the_longest_password_verifies_by_its_last_code_point(passwords):
    kept = passwords.hash("🔑" * 128)

    assert passwords.verify("🔑" * 128, kept).is_right
    assert not passwords.verify("🔑" * 129, kept).is_right
    assert not passwords.verify("🔑" * 127 + "🗝", kept).is_right


@pytest.mark.parametrize(
    ("password", "broken"),
    [
        ("        ", "cannot be only spaces"),
        ("\u3000" * 8, "cannot be only spaces"),
        ("fine until\0here", "cannot contain a null character"),
        ("password", "is one of the most used passwords"),
        ("ILoveYou", "is one of the most used passwords"),
    ],
)
def test_what_is_no_secret_is_refused(passwords, password, broken):
    assert passwords.broken_rule(password) == broken


@pytest.mark.parametrize(
    "password",
    [
        *("LibreChat", "librechat2026!", "LibreChat2026!xyz", "Ada.Lovelace", "ada@example.org", "lovelace18"),
        *("Lovelace-Ada-1815", "xXlovelaceXx", "example.org1", "ADA@EXAMPLE.ORG!!", "librechat lovelace example"),
    ],
)
def test_a_password_made_of_what_everybody_knows_is_refused(passwords, password):
    about = ("ada@example.org", "lovelace", "Ada Lovelace")

    assert passwords.broken_rule(password, about).startswith("is too close to your own name or address")


@pytest.mark.parametrize("password", ["librechat is not my secret", "lovely lace of Ada", "12345 Ada 67890"])
def test_a_password_that_only_mentions_such_a_word_is_accepted(passwords, password):
    assert passwords.broken_rule(password, ("ada@example.org", "Ada")) is None


@pytest.mark.parametrize("password", ["all lower case", "ALL UPPER CASE", "0192837465019", "  spaces around  "])
def test_there_are_no_rules_of_composition(passwords, password):
    assert passwords.broken_rule(password) is None


@given(st.text(max_size=140))
def test_every_text_is_accepted_or_told_why_not(password):
    broken = passwords_on(CountingQueue()).broken_rule(password, ("ada@example.org",))

    assert broken is None or not broken.endswith(".")
    assert broken is not None or 8 <= len(password) <= 128

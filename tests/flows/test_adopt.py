"""Taking people over: everybody who can be, with their password; whatever cannot is named, and nothing twice."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from identity_service.chat.adoption import LiveBan, SecondFactor, account
from identity_service.chat.provider_ids import Issuers
from identity_service.chat.tables import AdoptedFactors
from identity_service.flows.adopt import Keys, Remark
from identity_service.foundation.opaque import object_id
from tests.fakes.clock import START
from tests.fakes.identities import identity
from tests.fakes.people import PASSWORD, VISITOR, person

BCRYPT = "$2b$04$pYYIQnPwQ3JdT3.DC2bhBub.2zy5HKCLoriKOZtR3r/OMcj.QyiUC"
SECRET = "JBSWY3DPEHPK3PXP"


class Theirs:
    """A chat application that is only read."""

    def __init__(self, accounts, bans=()):
        self._accounts, self._bans = accounts, bans

    def accounts(self):
        return iter(self._accounts)

    def bans(self, now):
        return iter(self._bans)


@pytest.fixture
def found(chance):
    """Somebody as found over there, but for what is told."""
    made = account({"password": BCRYPT}, None, START)

    def make(email="ada@example.org", **told):
        user_id = object_id(START, chance)
        usual = {"id": user_id, "shown_id": user_id, "email": email, "name": "Ada", "email_verified": True}
        return replace(made, **{**usual, **told})

    return make


@pytest.fixture
def adopt(services):
    """Take these people over, in batches of two, with or without their key."""
    flow = replace(services.operators.adopt, batch=2)
    keys = Keys(None, Issuers("https://id.example.org", ""))
    return lambda accounts, key=None, bans=(): flow.people(
        Theirs(accounts, bans), keys._replace(creds_key=key), lambda _: None
    )


@pytest.fixture
def users(services):
    return services.capabilities.users


def named(remarks):
    return {remark.email: remark.what for remark in remarks}


def test_everybody_keeps_id_role_and_password(services, adopt, found, users):
    people = [found(f"{number}@example.org", role="EDITOR", username="SomeBody") for number in range(5)]
    report = adopt(people)

    assert (report.seen, report.added, report.known, report.left_out, report.remarks) == (5, 5, 0, [], [])
    signed_in = services.sign_in.with_password("3@EXAMPLE.org", PASSWORD, VISITOR)
    assert signed_in.person.id == people[3].id
    assert (signed_in.person.role, signed_in.person.username, signed_in.person.email_verified) == (
        "EDITOR",
        "somebody",
        True,
    )
    assert users.credentials("3@example.org").password_hash.startswith("$argon2id$")
    assert users.credentials("4@example.org").password_hash == BCRYPT


def test_a_second_run_changes_nothing_and_takes_whoever_came_meanwhile(adopt, found, users):
    people = [found(f"{number}@example.org") for number in range(3)]
    adopt(people)
    before = users.page()
    again = adopt(people)

    assert (again.added, again.known, again.renewed, again.left_out) == (0, 3, 0, [])
    assert users.page() == before
    assert adopt([*people, found("late@example.org")]).added == 1


def test_who_is_here_stays_as_they_are_here(services, adopt, found, users):
    ada = person(services)
    report = adopt([found("other@example.org", id=ada.id, name="Somebody else", role="USER")])

    assert (report.added, report.known) == (0, 1)
    assert users.by_id(ada.id) == ada


def test_a_password_that_was_changed_over_there_since_counts_until_the_person_signs_in_here(
    services, adopt, found, users
):
    one, other = found("one@example.org"), found("other@example.org")
    newer = BCRYPT[:-1] + "a"
    adopt([one, other])
    services.sign_in.with_password("other@example.org", PASSWORD, VISITOR)
    kept = users.credentials("other@example.org").password_hash
    report = adopt([replace(one, password_hash=newer), replace(other, password_hash=newer)])

    assert report.renewed == 1
    assert users.credentials("one@example.org").password_hash == newer
    assert users.credentials("other@example.org").password_hash == kept


def test_after_somebody_came_nobody_is_the_first(services, adopt, found):
    report = adopt([found()])

    assert report.has_administrator is False
    assert person(services, "grace@example.org").role == "USER"


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"id": None}, "the id is not an ObjectId"),
        ({"email": ""}, "there is no address that could be one"),
        ({"email": "ada"}, "there is no address that could be one"),
        ({"email": "a" * 400 + "@x.org"}, "there is no address that could be one"),
    ],
)
def test_who_cannot_be_taken_is_left_out_and_named(adopt, found, users, told, reason):
    report = adopt([found(**told), found("grace@example.org")])

    assert [one.what for one in report.left_out] == [reason]
    assert [one.email for one in users.page()] == ["grace@example.org"]


def test_two_with_one_address_are_not_both_taken(adopt, found, users):
    report = adopt([found("ada@example.org"), found("ADA@example.org"), found("ada@EXAMPLE.org")])

    assert (report.added, users.count()) == (1, 1)
    assert {one.what for one in report.left_out} == {"another account here has this address already"}


@pytest.mark.parametrize(
    ("told", "remark"),
    [
        ({"name": "x" * 81}, "the name is longer than 80 characters, and was cut"),
        ({"avatar": "data:" + "x" * 3000}, "the avatar is longer than 2048 characters, and was left out"),
        ({"password_hash": "md5"}, "the password is kept in a form that is not known, and was left out"),
        ({"password_hash": ""}, "there is no password: it has to be chosen anew"),
        ({"tenant": "acme"}, "belongs to the tenant acme, and this service knows no tenants"),
    ],
)
def test_who_is_taken_but_not_as_they_were_is_named(adopt, found, users, told, remark):
    report = adopt([found(**told)])

    assert (report.added, users.count()) == (1, 1)
    assert named(report.remarks) == {"ada@example.org": remark}


def test_a_name_that_is_missing_is_made_up(adopt, found, users):
    adopt([found(name="", username="Countess"), found("grace@example.org", name="", username="")])

    assert {(one.name, one.username) for one in users.page()} == {("Countess", "countess"), ("grace", "")}


def test_a_second_factor_is_kept_under_our_own_seal(services, adopt, found):
    factor = SecondFactor(SECRET, [("ab" * 32, False), ("cd" * 32, True)])
    ada = found(second_factor=factor)
    report = adopt([ada])

    assert report.second_factors == 1
    kept = services.database.rows(AdoptedFactors.__table__.select())
    assert [row[0] for row in kept] == [ada.id]
    assert SECRET.encode() not in kept[0][1]
    told = json.loads(services.capabilities.vault.open(kept[0][1], f"adopted second factor {ada.id}"))
    assert told["totp"] == SECRET
    assert [code["used"] for code in told["backup_codes"]] == [False, True]


def test_a_second_factor_that_the_key_does_not_open_is_named(adopt, found):
    ada = found(second_factor=SecondFactor(f"v3:{'00' * 16}:{'00' * 16}", []))
    report = adopt([ada], bytes(32))

    unopened = Remark(ada.id, "ada@example.org", "has a second factor whose secret the given CREDS_KEY does not open")
    assert unopened in report.remarks
    assert len(report.remarks) == 2


def test_everybody_whose_second_step_is_missing_here_is_named_in_every_run(adopt, found):
    factor = SecondFactor(SECRET, [])
    ada, grace, edsger = (found(f"{name}@example.org", second_factor=factor) for name in ("ada", "grace", "edsger"))
    without = replace(grace, second_factor=None)
    first, second = adopt([ada, without]).remarks, adopt([ada, grace, edsger]).remarks

    assert [one.id for one in first] == [ada.id]
    assert {(one.id, one.email) for one in second} == {(one.id, one.email) for one in (ada, grace, edsger)}
    assert all("the password alone lets them in" in one.what for one in first + second)
    assert all("identity reset-link" in one.what and "identity ban-user" in one.what for one in first + second)


def test_who_has_no_password_is_not_told_of_one(adopt, found):
    (remark,) = adopt([found(provider="google", password_hash="", second_factor=SecondFactor(SECRET, []))]).remarks

    assert "there is no second step here yet; have their provider ask for one" in remark.what


def test_whoever_is_banned_there_is_banned_here_and_a_ban_of_nobody_is_named(services, adopt, found):
    ada, ends_at = found(), START + timedelta(hours=2)
    bans = [LiveBan(ada.id, ends_at, 20), LiveBan("192.0.2.7", ends_at, 20), LiveBan("somebody", ends_at, 20)]
    report = adopt([ada], bans=bans)

    assert (report.bans, report.bans_left_out) == (bans[:2], bans[2:])
    assert [services.moderation.bans.of(holder).ends_at for holder in (ada.id, "192.0.2.7")] == [ends_at] * 2
    assert adopt([ada], bans=bans).bans == []


def test_connections_with_providers_are_taken_over_and_those_that_cannot_be_are_named(services, adopt, found):
    told = {"googleId": "42", "githubId": "7", "openidId": "sub", "ldapId": "uid", "appleId": "x" * 300}
    ada = found(provider="google", provider_ids=told)
    report = adopt([ada])

    assert report.connections == 3
    assert sorted(services.operators.link.mirror.links.identities(ada.id)) == [
        ("github", "github", "7"),
        ("google", "https://accounts.google.com", "42"),
        ("openid", "https://id.example.org", "sub"),
    ]
    assert sorted(one.what for one in report.remarks) == [
        "the connection with apple could not be taken over",
        "the connection with ldap could not be taken over",
    ]


@pytest.mark.parametrize("named", [{}, {"openidIssuer": "https://id.example.org"}])
def test_whoever_came_from_an_issuer_still_does_when_its_name_ends_in_a_slash(services, adopt, found, named):
    ada = found(provider="openid", provider_ids={"openidId": "sub", **named})
    adopt([ada])
    told = identity("sub", provider="openid", kind="openid", issuer="https://id.example.org/", email=ada.email)

    assert services.upstream.trips.welcome.of(told, None, VISITOR).person.id == ada.id
    with services.database.transaction():
        assert not services.upstream.connect.links.tie(told, person(services, "b@example.org").id, is_origin=False)


def test_a_user_name_has_room_in_small_letters_too(adopt, found, users):
    adopt([found(username="\u0130" * 80)])

    assert users.by_email("ada@example.org").username == "i\u0307" * 40


def test_a_document_of_nonsense_is_an_account_of_nothing():
    nonsense = account(dict.fromkeys(("email", "name", "password", "role", "createdAt", "backupCodes"), 7), None, START)

    assert (nonsense.email, nonsense.name, nonsense.role, nonsense.created_at) == ("", "", "USER", START)
    assert account({"twoFactorEnabled": True, "backupCodes": [7, {}]}, None, START).second_factor == ("", [("", False)])
    assert account({"twoFactorEnabled": True, "backupCodes": 7}, None, START).second_factor == ("", [])

"""Whose account an outside identity opens."""

import threading

import pytest

from identity_service.flows.upstream.welcome import role_after
from identity_service.foundation.errors import (
    AccountClosing,
    AccountExists,
    AddressNotAllowed,
    RegistrationClosed,
    UpstreamAddressMissing,
    WrongCredentials,
)
from identity_service.upstream.provider import Roles
from tests.fakes.identities import ADDRESS, identity
from tests.fakes.people import PASSWORD, VISITOR, events, person, session

OPEN = pytest.mark.environ(ALLOW_SOCIAL_REGISTRATION="true")
JOINING = pytest.mark.environ(ALLOW_SOCIAL_REGISTRATION="true", ALLOW_ACCOUNT_LINKING="true")


@OPEN
def test_a_stranger_gets_an_account_that_is_no_administrators(services, welcome):
    signed_in = welcome(identity())

    found = signed_in.person
    assert (found.email, found.email_verified, found.role, found.provider) == (ADDRESS, True, "USER", "google")
    assert (found.username, found.name) == ("ada", "Ada Lovelace")
    assert events(services, found.id) == ["account.created done", "account.linked done", "signed_in done"]


@OPEN
def test_the_same_identity_comes_back_to_the_same_account(services, welcome):
    first, second = welcome(identity()), welcome(identity(email=None, email_verified=False))

    assert first.person.id == second.person.id
    assert services.capabilities.users.count() == 1


@OPEN
def test_whoever_has_a_session_elsewhere_proven_is_told_so(services, welcome):
    active = services.verify.access_token(welcome(identity()).access_token)

    assert active.amr == ("fed",)


def test_social_registration_is_closed_by_default_and_openid_s_is_open(services, welcome):
    with pytest.raises(RegistrationClosed):
        welcome(identity())
    assert welcome(identity(provider="okta", kind="openid")).person.provider == "openid"


@pytest.mark.environ(OPENID_ALLOW_REGISTRATION="false", ALLOW_SOCIAL_REGISTRATION="true")
def test_openid_registration_can_be_closed_alone(welcome):
    with pytest.raises(RegistrationClosed):
        welcome(identity(provider="okta", kind="openid"))
    assert welcome(identity()).person.provider == "google"


@pytest.mark.environ(ALLOW_SOCIAL_REGISTRATION="true", ALLOWED_EMAIL_DOMAINS="example.com")
def test_an_address_of_another_domain_makes_no_account(services, welcome):
    with pytest.raises(AddressNotAllowed):
        welcome(identity())
    assert services.capabilities.users.count() == 0


@OPEN
@pytest.mark.parametrize("email", [None, "no address", "a@b@c", "x" * 250 + "@example.org"])
def test_without_an_address_there_is_no_account(services, welcome, email):
    with pytest.raises(UpstreamAddressMissing):
        welcome(identity(email=email))
    assert services.capabilities.users.count() == 0


@OPEN
@pytest.mark.parametrize("is_verified", [True, False])
def test_an_address_opens_nothing_unless_linking_is_allowed(services, welcome, is_verified):
    ours = person(services, ADDRESS, email_verified=is_verified)

    with pytest.raises(AccountExists):
        welcome(identity())
    assert services.sign_in.with_password(ADDRESS, PASSWORD, VISITOR).person.id == ours.id


@JOINING
def test_a_verified_address_joins_a_verified_account_which_stays_what_it_is(services, welcome):
    ours = person(services, ADDRESS, email_verified=True, name="Countess", role="EDITOR")

    joined = welcome(identity(roles=Roles(is_admin=True))).person

    assert (joined.id, joined.name, joined.provider, joined.role) == (ours.id, "Countess", "local", "EDITOR")
    assert services.sign_in.with_password(ADDRESS, PASSWORD, VISITOR).person.id == ours.id


@JOINING
def test_an_address_that_the_provider_does_not_vouch_for_joins_nothing(services, welcome):
    person(services, ADDRESS, email_verified=True)

    with pytest.raises(AccountExists):
        welcome(identity(email_verified=False))


@JOINING
def test_an_address_that_was_given_to_somebody_else_there_joins_nothing(services, welcome):
    welcome(identity("the first"))

    with pytest.raises(AccountExists):
        welcome(identity("the second"))


@JOINING
def test_an_account_prepared_with_somebody_s_address_is_its_owner_s_alone(services, welcome, person_of):
    person(services, "somebody@else.example")
    prepared = person(services, ADDRESS)
    thief = session(services, prepared)
    application = services.administer.create_client("App", ("https://app.example.org/callback",)).client
    with services.database.transaction():
        links = services.upstream.connect.links
        assert links.tie(identity("thief", provider="github", issuer="github"), prepared.id, is_origin=False)
        services.capabilities.consents.remember(prepared.id, application.client_id, ["openid"])

    owner = welcome(identity(avatar="https://pictures.example/1"))

    assert owner.person.id == prepared.id
    assert owner.person.email_verified
    assert owner.person.avatar == "https://pictures.example/1"
    assert services.capabilities.consents.of(prepared.id) == []
    assert services.verify.browser_session(thief.refresh_token) is None
    with pytest.raises(WrongCredentials):
        services.sign_in.with_password(ADDRESS, PASSWORD, VISITOR)
    assert [link.provider for link in links.of(prepared.id)] == ["google"]
    assert "account.claimed done" in events(services, prepared.id)
    assert (person_of(ADDRESS).provider, person_of(ADDRESS).name) == ("google", "Ada Lovelace")


@JOINING
def test_an_unverified_administrator_is_nobody_s_by_an_address(services, welcome):
    admin = person(services, ADDRESS)
    assert admin.role == "ADMIN"

    with pytest.raises(AccountExists):
        welcome(identity())
    assert services.sign_in.with_password(ADDRESS, PASSWORD, VISITOR).person.id == admin.id


@JOINING
def test_an_account_that_is_going_is_not_opened(services, welcome):
    ours = welcome(identity()).person
    with services.database.transaction():
        services.capabilities.users.begin_closing(ours.id)

    with pytest.raises(AccountClosing):
        welcome(identity())
    with pytest.raises(AccountClosing):
        welcome(identity("another", provider="github", issuer="github"))


@OPEN
def test_the_address_follows_the_provider_and_is_verified_only_if_it_says_so(welcome, person_of):
    ours = welcome(identity()).person
    welcome(identity(email="new@example.org", email_verified=False))
    assert (person_of("new@example.org").id, person_of("new@example.org").email_verified) == (ours.id, False)
    assert person_of(ADDRESS) is None

    welcome(identity(email="New@example.org", email_verified=True))
    assert person_of("new@example.org").email_verified


@OPEN
def test_a_flag_that_is_missing_for_once_takes_nothing_away(welcome, person_of):
    welcome(identity())
    welcome(identity(email_verified=False))

    assert person_of(ADDRESS).email_verified


@OPEN
def test_a_changed_address_never_takes_somebody_else_s(services, welcome, person_of):
    other = person(services, "grace@example.org")
    ours = welcome(identity()).person

    again = welcome(identity(email="Grace@example.org"))

    assert (again.person.id, again.person.email) == (ours.id, ADDRESS)
    assert person_of("grace@example.org").id == other.id
    assert "account.address_changed refused" in events(services, ours.id)


@OPEN
def test_the_picture_follows_unless_the_person_has_chosen_one(services, welcome):
    ours = welcome(identity(avatar="https://pictures.example/1")).person
    assert ours.avatar == "https://pictures.example/1"
    assert welcome(identity(avatar="https://pictures.example/2")).person.avatar == "https://pictures.example/2"
    with services.database.transaction():
        services.upstream.trips.welcome.profiles.describe(ours.id, avatar="/images/me.png?manual=true")

    assert welcome(identity(avatar="https://pictures.example/3")).person.avatar == "/images/me.png?manual=true"


@OPEN
@pytest.mark.parametrize(("follows", "name"), [(True, "Lady Lovelace"), (False, "Ada Lovelace")])
def test_names_follow_an_openid_issuer_and_nobody_else(welcome, follows, name):
    welcome(identity())

    assert welcome(identity(name="Lady Lovelace", follows_names=follows)).person.name == name


@pytest.mark.parametrize("follows", [True, False])
def test_a_user_name_has_room_in_small_letters_too(services, welcome, follows):
    openid = {"provider": "openid", "kind": "openid", "username": "\u0130" * 80, "follows_names": follows}

    assert welcome(identity(**openid)).person.username == "i\u0307" * 40


def test_a_role_follows_the_issuer_that_the_account_came_from(services, welcome):
    openid = {"provider": "openid", "kind": "openid"}
    first = welcome(identity(**openid, roles=Roles(is_admin=True))).person
    assert first.role == "ADMIN"
    assert welcome(identity(**openid)).person.role == "ADMIN"
    assert welcome(identity(**openid, roles=Roles(is_admin=False))).person.role == "USER"
    assert events(services, first.id).count("account.role_changed done") == 2


@pytest.mark.parametrize(
    ("role", "told", "after"),
    [
        ("USER", Roles(), "USER"),
        ("ADMIN", Roles(), "ADMIN"),
        ("USER", Roles(is_admin=True, named="EDITOR"), "ADMIN"),
        ("ADMIN", Roles(is_admin=False), "USER"),
        ("ADMIN", Roles(is_admin=False, named="EDITOR"), "EDITOR"),
        ("EDITOR", Roles(is_admin=False), "EDITOR"),
        ("USER", Roles(named="EDITOR"), "EDITOR"),
        ("ADMIN", Roles(named="EDITOR"), "ADMIN"),
    ],
)
def test_what_roles_do(role, told, after):
    assert role_after(role, told) == after


@OPEN
def test_the_session_that_the_browser_had_ends(services, welcome):
    before = welcome(identity())
    active = services.verify.access_token(before.access_token)
    after = services.upstream.trips.welcome.of(identity(), None, VISITOR, active)

    assert services.verify.browser_session(before.refresh_token) is None
    assert services.verify.browser_session(after.refresh_token) is not None


@OPEN
def test_one_identity_that_arrives_many_times_at_once_makes_one_account(services, welcome):
    start, people, faults = threading.Barrier(6), set(), []

    def arrive():
        start.wait()
        try:
            people.add(welcome(identity()).person.id)
        except Exception as fault:  # noqa: BLE001 - whatever it is, the test shows it
            faults.append(fault)

    threads = [threading.Thread(target=arrive) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (faults, len(people), services.capabilities.users.count()) == ([], 1, 1)

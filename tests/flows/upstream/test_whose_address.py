"""Whose an address is that an account has, asked for or is told of, and where it may be."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from identity_service.flows.upstream.welcome import Policy
from identity_service.foundation.errors import (
    AddressNotAllowed,
    Banned,
    InvalidResetToken,
    InvalidVerificationToken,
)
from identity_service.moderation.bans import Sentence
from tests.fakes.identities import ADDRESS, identity
from tests.fakes.letters import WITH_MAIL, carried, kinds, written
from tests.fakes.people import PASSWORD, VISITOR, person, session

JOINING = pytest.mark.environ(ALLOW_SOCIAL_REGISTRATION="true", ALLOW_ACCOUNT_LINKING="true")


@JOINING
def test_an_account_whose_address_nobody_could_sign_up_with_opens_as_ever(services, welcome):
    ours = person(services, "ada@ldap.local", email_verified=True)
    with services.database.transaction():
        assert services.upstream.connect.links.tie(identity(), ours.id, is_origin=False)

    assert welcome(identity()).person.id == ours.id


@JOINING
def test_the_address_of_whoever_is_banned_stays(services, welcome, clock):
    ours = welcome(identity()).person
    with services.database.transaction():
        services.moderation.bans.impose(Sentence(ours.id, "general", 20, "operator", clock.now() + timedelta(hours=1)))

    with pytest.raises(Banned):
        welcome(identity(email="another@example.org"))
    assert services.capabilities.users.by_id(ours.id).email == ADDRESS


@JOINING
@pytest.mark.parametrize("is_connected", [True, False])
def test_an_address_of_another_domain_opens_no_account_either(services, welcome, is_connected):
    ours = person(services, ADDRESS, email_verified=True)
    if is_connected:
        welcome(identity())
    policy = Policy(lambda kind: True, may_join=True, allowed_domains=frozenset({"example.com"}))
    strict = replace(services.upstream.trips.welcome, policy=policy)

    with pytest.raises(AddressNotAllowed):
        strict.of(identity(), farewell=None, visitor=VISITOR)
    assert services.sign_in.with_password(ADDRESS, PASSWORD, VISITOR).person.id == ours.id


@pytest.mark.environ(ALLOW_SOCIAL_REGISTRATION="true", ALLOWED_EMAIL_DOMAINS="example.org")
def test_whoever_merely_names_an_address_of_an_allowed_domain_gets_no_account(services, welcome):
    with pytest.raises(AddressNotAllowed):
        welcome(identity(email_verified=False))
    assert services.capabilities.users.count() == 0
    assert welcome(identity("1")).person.email_verified
    ours = welcome(identity("2", provider="entra", kind="openid", email="b@example.org", email_verified=False))
    assert not ours.person.email_verified


@pytest.mark.environ(**WITH_MAIL, ALLOW_SOCIAL_REGISTRATION="true", ALLOW_ACCOUNT_LINKING="true")
@pytest.mark.parametrize("is_written", [True, False])
def test_an_address_that_somebody_asked_for_before_never_becomes_the_account_s(
    services, welcome, person_of, is_written
):
    person(services, "somebody@else.example")
    thief = services.verify.access_token(session(services, person(services, ADDRESS)).access_token)
    services.recovery.change_address.ask("thief@else.example", PASSWORD, thief, VISITOR)
    letters = written(services) if is_written else []

    welcome(identity())

    theirs = [letter for letter in (*letters, *written(services)) if letter.to == "thief@else.example"]
    assert len(theirs) == is_written
    for letter in theirs:
        with pytest.raises(InvalidVerificationToken):
            services.recovery.verify_address.confirm("thief@else.example", carried(letter), VISITOR)
    assert person_of("thief@else.example") is None


@pytest.mark.environ(**WITH_MAIL, ALLOW_SOCIAL_REGISTRATION="true")
def test_a_link_to_a_new_password_is_worth_nothing_once_the_address_has_followed_elsewhere(services, welcome):
    ours = welcome(identity())
    services.recovery.change_password.to(PASSWORD, "", services.verify.access_token(ours.access_token), VISITOR)
    services.recovery.recover.ask(ADDRESS, VISITOR)
    (token,) = (carried(letter) for letter in written(services) if letter.kind == "reset_password")
    welcome(identity(email="new@example.org"))

    with pytest.raises(InvalidResetToken):
        services.recovery.recover.reset(ours.person.id, token, "another phrase of several words", VISITOR)
    assert services.sign_in.with_password("new@example.org", PASSWORD, VISITOR).person.id == ours.person.id


@pytest.mark.environ(**WITH_MAIL, ALLOW_SOCIAL_REGISTRATION="true")
def test_both_addresses_are_told_of_one_that_follows_and_only_the_old_one_if_nobody_vouches_for_the_new(
    services, welcome
):
    person(services, "grace@example.org")
    welcome(identity())
    welcome(identity(email="grace@example.org"))
    welcome(identity(email=ADDRESS.upper()))
    assert [letter for letter in written(services) if letter.kind == "address_changed"] == []

    welcome(identity(email="new@else.example"))
    told = written(services)
    assert kinds(told) == [("address_changed", ADDRESS), ("address_changed", "new@else.example")]
    assert {"else" in letter.facts["new_address"] for letter in told} == {False}
    welcome(identity(email="hearsay@else.example", email_verified=False))
    assert kinds(written(services)) == [("address_changed", "new@else.example")]


@pytest.mark.environ(**WITH_MAIL, ALLOW_SOCIAL_REGISTRATION="true")
def test_who_proves_an_address_by_a_new_password_shares_the_account_with_nobody_who_merely_named_it(
    services, welcome, person_of
):
    person(services, "somebody@else.example")
    named = {"provider": "discord", "kind": "discord", "issuer": "discord", "email_verified": False}
    thief = welcome(identity("thief", **named))
    services.recovery.change_password.to(PASSWORD, "", services.verify.access_token(thief.access_token), VISITOR)
    consents = services.capabilities.consents
    app = services.administer.create_client("App", ("https://app.example/back",)).client.client_id
    with services.database.transaction():
        consents.remember(thief.person.id, app, ["openid"])
        services.upstream.connect.links.tie(identity("thief"), thief.person.id, is_origin=False)

    services.recovery.recover.ask(ADDRESS, VISITOR)
    (token,) = (carried(letter) for letter in written(services) if letter.kind == "reset_password")
    services.recovery.recover.reset(thief.person.id, token, "another phrase of several words", VISITOR)

    owner = person_of(ADDRESS)
    assert (owner.id, owner.email_verified, owner.provider) == (thief.person.id, True, "local")
    assert services.upstream.connect.links.of(owner.id) == consents.of(owner.id) == []
    elsewhere = welcome(identity("thief", **{**named, "email": "thief@else.example"}))
    assert elsewhere.person.id != owner.id
    assert person_of(ADDRESS) == owner


@pytest.mark.environ(**WITH_MAIL, ALLOW_SOCIAL_REGISTRATION="true", ALLOW_ACCOUNT_LINKING="true")
@pytest.mark.parametrize("is_handed_over", [True, False])
def test_a_new_password_ends_no_connection_of_whoever_has_the_address_or_of_an_operator_s_link(
    services, welcome, is_handed_over
):
    ours = person(services, ADDRESS, email_verified=not is_handed_over)
    with services.database.transaction():
        services.upstream.connect.links.tie(identity(), ours.id, is_origin=False)
    recover = services.recovery.recover
    if is_handed_over:
        token = parse_qs(urlsplit(recover.by_operator(ADDRESS)).query)["token"][0]
    else:
        recover.ask(ADDRESS, VISITOR)
        (token,) = map(carried, written(services))

    recover.reset(ours.id, token, "another phrase of several words", VISITOR)

    assert [link.provider for link in services.upstream.connect.links.of(ours.id)] == ["google"]
    assert welcome(identity()).person.id == ours.id

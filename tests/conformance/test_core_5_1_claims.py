"""OpenID Connect Core 1.0 §5.1, §5.2, §5.6 and §5.7: what the claims mean, of what kind they are, and what stays."""

from datetime import timedelta

import pytest

from identity_service.flows.outcomes import NewAccount
from tests.conformance.party import HERSELF, Somebody, told
from tests.conformance.user_agent import UserAgent
from tests.fakes.clock import START
from tests.fakes.people import PASSWORD
from tests.fakes.tokens import claims_of

EVERYTHING = "openid profile email address phone roles"
TYPES = {
    "sub": str,
    "name": str,
    "preferred_username": str,
    "picture": str,
    "updated_at": int,
    "email": str,
    "email_verified": bool,
    "roles": list,
}


@pytest.fixture
def known(party, browser):
    """Return what userinfo tells of somebody who has allowed everything."""

    def of(who=HERSELF, agent=browser):
        tokens = told(party.redeem(party.authorize(agent, who, scope=EVERYTHING).code))
        return told(party.userinfo(tokens["access_token"]))

    return of


def test_every_claim_has_the_type_that_the_specification_gives_it(known):
    assert {name: type(value) for name, value in known().items()} == {
        name: kind for name, kind in TYPES.items() if name != "picture"
    }


def test_the_claims_say_what_is_known(known, ada):
    claims = known()

    assert (claims["sub"], claims["name"], claims["preferred_username"]) == (ada.id, "Ada Lovelace", "ada")
    assert (claims["email"], claims["email_verified"]) == ("ada@example.org", False)
    assert claims["updated_at"] == int(START.timestamp())


def test_an_address_counts_as_verified_only_when_it_is(known, services, application):
    services.administer.create_user(NewAccount("hopper@example.org", "Grace Hopper", password=PASSWORD))

    assert known(Somebody("hopper@example.org"), UserAgent(application))["email_verified"] is True
    assert known()["email_verified"] is False


def test_a_claim_without_a_value_is_left_out(known):
    """§5.3.2: neither null nor empty."""
    claims = known()

    assert "picture" not in claims
    assert None not in claims.values()
    assert "" not in claims.values()


def test_a_name_in_any_script_comes_as_it_is(known, services, application):
    """§5.2: without a language tag a claim is in whatever language the person has it in."""
    name = "Ἀγνοδίκη 阿格诺迪斯 Агнодика"
    services.administer.create_user(NewAccount("agnodice@example.org", name, password=PASSWORD))

    claims = known(Somebody("agnodice@example.org"), UserAgent(application))
    assert claims["name"] == name
    assert not [claim for claim in claims if "#" in claim]


def test_nothing_is_aggregated_or_distributed(known, party):
    """§5.6: normal claims are the only ones, and discovery says so."""
    claims = known()

    assert not claims.keys() & {"_claim_names", "_claim_sources"}
    assert party.metadata["claim_types_supported"] == ["normal"]


def test_every_claim_that_is_told_is_one_of_discovery(known, party, browser):
    in_id_token = claims_of(party.sign_in(browser)["id_token"]).keys() - {"at_hash"}

    assert known().keys() <= set(party.metadata["claims_supported"])
    assert in_id_token <= set(party.metadata["claims_supported"])


def test_the_subject_is_the_same_everywhere_and_for_good(party, register, browser, clock):
    """§5.7: issuer and subject together are the one identifier to rely on; §8: for every party the same."""
    first = party.sign_in(browser)
    clock.advance(timedelta(days=30))
    later, elsewhere = party.sign_in(browser), register("Another").sign_in(browser)
    subjects = {claims_of(tokens["id_token"])["sub"] for tokens in (first, later, elsewhere)}

    assert len(subjects) == 1
    assert party.metadata["subject_types_supported"] == ["public"]


def test_a_new_account_with_an_old_address_is_another_subject(party, services, browser, application, ada):
    """§5.7: never reassigned, even though the address is."""
    old = claims_of(party.sign_in(browser)["id_token"])["sub"]
    services.close_account.by_operator(ada)
    services.administer.create_user(NewAccount("ada@example.org", "Another Ada", password=PASSWORD))
    new = claims_of(party.sign_in(UserAgent(application))["id_token"])["sub"]

    assert old == ada.id
    assert new != old


def test_two_people_are_two_subjects(known, application, grace):
    assert known()["sub"] != known(Somebody(grace.email), UserAgent(application))["sub"]

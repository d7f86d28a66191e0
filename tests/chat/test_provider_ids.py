"""Identities at outside providers, as the chat application spells them and as our own providers do."""

import pytest

from identity_service.chat.provider_ids import Issuers, Known, every, fields, identities, left_over, strangers
from identity_service.upstream.catalog import found

THEIRS = Issuers("https://id.example.org")
EVERY = {
    "googleId": "1",
    "githubId": "2",
    "discordId": "3",
    "facebookId": "4",
    "appleId": "5",
    "openidId": "6",
    "openidIssuer": "https://other.example.org",
}


def test_what_is_read_from_a_document_is_written_into_it_again():
    assert fields(identities(EVERY, THEIRS)) == EVERY


def test_an_issuer_that_the_document_does_not_name_is_that_of_their_settings():
    assert list(identities({"openidId": "6"}, THEIRS)) == [Known("openid", THEIRS.openid, "6")]
    assert list(identities({"openidId": "6"}, Issuers())) == []
    assert list(identities({"githubId": "2"}, Issuers(github="https://git.example.org/"))) == [
        Known("github", "https://git.example.org", "2")
    ]


def test_a_provider_that_we_do_not_know_is_named():
    assert strangers({"ldapId": "x", "samlId": "y", "googleId": "1", "openidId": "6"}, Issuers()) == [
        "ldap",
        "openid",
        "saml",
    ]


def test_of_several_issuers_the_first_has_room():
    assert fields([Known("okta", "https://o", "1"), Known("openid", "https://i", "2")]) == {
        "openidId": "1",
        "openidIssuer": "https://o",
    }


def test_an_issuer_is_written_as_the_chat_application_looks_for_it():
    assert fields([Known("auth0", "https://i/", "1")]) == {"openidId": "1", "openidIssuer": "https://i"}


@pytest.mark.parametrize("kind", [one for one in found() if one.name != "openid"], ids=lambda one: one.name)
def test_what_makes_a_subject_unique_is_what_our_own_provider_says(kind):
    (known,) = (one for one in identities(EVERY, THEIRS) if one.provider == kind.name)

    assert known.issuer == getattr(kind, "issuer", kind.name)


@pytest.mark.parametrize("known", list(identities(EVERY, THEIRS)), ids=lambda known: known.provider)
def test_an_id_is_left_over_when_its_connection_was_ended(known):
    (left,) = left_over(EVERY, [], [known[:2]])

    assert left == known
    assert list(left_over(EVERY, [known], [known[:2]])) == []
    assert list(left_over({}, [], [known[:2]])) == []


def test_an_id_that_was_never_connected_is_not_left_over():
    assert list(left_over(EVERY, [], [])) == []
    assert list(left_over(EVERY, [], [("okta", "https://okta.example.org")])) == []
    assert list(left_over({"openidId": "6"}, [], [("okta", THEIRS.openid)])) == []


def test_an_adopted_id_whose_issuer_the_document_does_not_name_is_left_over_like_any_other():
    known = Known("openid", THEIRS.openid, "6")

    assert list(left_over({"openidId": "6"}, [], [known[:2]])) == [known]


@pytest.mark.parametrize(("there", "here"), [("https://i", "https://i/"), ("https://i/", "https://i")])
def test_an_id_is_left_over_whether_its_issuer_ends_in_a_slash_or_not(there, here):
    found = {"openidId": "6", "openidIssuer": there}

    assert list(left_over(found, [], [("auth0", here)])) == [Known("auth0", here, "6")]


def test_everything_is_left_over_when_an_account_has_passed_to_somebody_else():
    google, *others = identities(EVERY, THEIRS)

    assert {left.subject for left in left_over(EVERY, [google], every(EVERY))} == {known.subject for known in others}
    assert list(left_over({"openidId": "6"}, [], every({"openidId": "6"}))) == [Known("openid", "", "6")]

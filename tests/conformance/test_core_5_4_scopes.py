"""OpenID Connect Core 1.0 §5.4: which claims a scope brings, and at which endpoint."""

import pytest
from sqlalchemy import update

from identity_service.accounts.tables import User
from tests.conformance.party import told
from tests.fakes.tokens import claims_of

PROFILE = {"name", "preferred_username", "updated_at"}
EMAIL = {"email", "email_verified"}
BROUGHT = {
    "openid": set(),
    "openid profile": PROFILE,
    "openid email": EMAIL,
    "openid address": set(),
    "openid phone": set(),
    "openid profile email address phone": PROFILE | EMAIL,
    "phone address email profile openid": PROFILE | EMAIL,
    "openid openid email email": EMAIL,
    "openid roles": {"roles"},
}


@pytest.mark.parametrize(("scope", "claims"), BROUGHT.items())
def test_userinfo_tells_what_the_scope_brings_and_no_more(party, browser, scope, claims):
    """Of a postal address and a number nothing is known of anybody, so nothing is told."""
    tokens = party.sign_in(browser, scope=scope)

    assert told(party.userinfo(tokens["access_token"])).keys() == {"sub", *claims}
    assert set(tokens["scope"].split()) == set(scope.split())


def test_every_scope_of_the_specification_is_known(party, browser):
    standard = {"openid", "profile", "email", "address", "phone", "offline_access"}

    assert standard <= set(party.metadata["scopes_supported"])
    assert set(party.sign_in(browser, scope=" ".join(sorted(standard)))["scope"].split()) == standard


def test_the_picture_comes_with_the_profile(party, browser, services, ada):
    with services.database.transaction():
        services.database.change(update(User).where(User.id == ada.id).values(avatar="https://example.org/ada.png"))
    tokens = party.sign_in(browser, scope="openid profile")

    assert told(party.userinfo(tokens["access_token"]))["picture"] == "https://example.org/ada.png"


def test_what_is_granted_is_told_when_it_is_less_than_what_was_asked_for(register, browser):
    """RFC 6749 §5.1."""
    tokens = register(scope="openid profile").sign_in(browser, scope="openid profile email")

    assert tokens["scope"] == claims_of(tokens["access_token"])["scope"] == "openid profile"

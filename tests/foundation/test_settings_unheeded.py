"""Settings that nothing heeds: they are named when somebody sets them, and the list of them is true."""

import re

import pytest

from identity_service.foundation.settings_people import Passkeys
from identity_service.foundation.settings_unheeded import UNHEEDED
from tests.house.tree import HOUSE, ROOT, modules

# Names of fields that others use for something else.
SHARED = {
    "allowed",
    "button_label",
    "callback_url",
    "certificate",
    "email_claim",
    "image_url",
    "issuer",
    "name_claim",
    "starttls",
    "url",
    "username_claim",
}
READERS = "".join(module.text for module in modules(ROOT / HOUSE) if not module.place.startswith("foundation/settings"))


def test_nothing_is_said_of_settings_that_nobody_has_set(build):
    assert build().unheeded == ()


def test_a_default_that_is_written_down_is_not_set(build):
    told = build(ALLOW_PASSKEY_LOGIN="False", LDAP_STARTTLS="", LDAP_SEARCH_FILTER="mail={{username}}")
    assert told.unheeded == ()


def test_whatever_is_set_to_something_else_is_named_in_the_order_of_the_groups(build):
    told = build(
        LDAP_URL="ldap://directory",
        LDAP_USER_SEARCH_BASE="ou=people",
        TRUST_TENANT_HEADER="true",
        ALLOW_EMAIL_LOGIN_OVERRIDE="true",
        SAML_SESSION_SECRET="c0ffee5a7b2d49634f1e8a0b6c3d2e97",
        REDIS_PING_INTERVAL="30",
        LIMIT_MESSAGE_IP="false",
        PORT="4000",
    )
    expected = ("TRUST_TENANT_HEADER", "ALLOW_EMAIL_LOGIN_OVERRIDE", "LDAP_URL", "LDAP_USER_SEARCH_BASE")
    assert told.unheeded == (*expected, "REDIS_PING_INTERVAL")


def test_a_setting_in_a_file_is_set(build, tmp_path):
    (tmp_path / "secret").write_text("hunter2")
    assert build(LDAP_BIND_CREDENTIALS_FILE=str(tmp_path / "secret")).unheeded == ("LDAP_BIND_CREDENTIALS",)


def test_those_of_a_provider_are_named_if_it_is_switched_on(build):
    okta = {"CLIENT_ID": "a", "CLIENT_SECRET": "b", "ISSUER": "https://o.example", "REUSE_TOKENS": "true"}
    further = {f"OPENID_OKTA_{name}": text for name, text in okta.items()}
    told = build(OPENID_PROVIDERS="okta", OPENID_REUSE_TOKENS="true", **further)
    assert told.unheeded == ("OPENID_OKTA_REUSE_TOKENS",)


@pytest.mark.parametrize("group", UNHEEDED, ids=lambda group: group.__name__)
def test_what_is_on_the_list_is_a_setting_and_has_no_reader(group):
    assert UNHEEDED[group] <= set(group.model_fields)
    assert [field for field in UNHEEDED[group] - SHARED if re.search(rf"\.{field}\b", READERS)] == []


@pytest.mark.parametrize("whole", ["ldap", "saml", "passkeys"])
def test_groups_that_are_on_the_list_as_a_whole_have_no_reader(whole):
    assert not re.search(rf"\.{whole}\b", READERS)
    assert UNHEEDED[Passkeys] == set(Passkeys.model_fields)

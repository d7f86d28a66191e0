"""Who may come in."""

import pytest


def test_the_unsecured_reset_is_for_this_machine_alone(build, problems):
    assert build(ALLOW_UNSECURED_PASSWORD_RESET="true").registration.unsecured_password_reset
    for elsewhere in ({"HOST": "::"}, {"DOMAIN_CLIENT": "https://chat.example"}, {"HOST": "10.0.0.1"}):
        (problem,) = problems(ALLOW_UNSECURED_PASSWORD_RESET="true", **elsewhere)
        assert problem.startswith("ALLOW_UNSECURED_PASSWORD_RESET")


@pytest.mark.parametrize("host", ["::1", "127.0.0.2", "localhost"])
def test_every_form_of_this_machine_counts(build, host):
    assert build(ALLOW_UNSECURED_PASSWORD_RESET="true", HOST=host, DOMAIN_CLIENT="http://chat.localhost:3080")


def test_allowed_domains_are_a_list_in_lower_case(build):
    assert build(ALLOWED_EMAIL_DOMAINS="A.example, b.example,").registration.allowed_domains == (
        "a.example",
        "b.example",
    )


def test_passkeys_are_named_after_the_application_and_want_whole_origins(build, problems):
    assert build(APP_TITLE="Our Chat").passkeys.rp_name == "Our Chat"
    (problem,) = problems(PASSKEY_ORIGINS="https://a.example,b.example")
    assert problem.startswith("PASSKEY_ORIGINS must hold absolute")

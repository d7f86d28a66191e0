"""LDAP and SAML, as far as they are understood."""

import pytest


@pytest.mark.parametrize(
    ("chosen", "name"),
    [
        ({"LDAP_URL": "ldap://directory"}, "LDAP_URL"),
        ({"LDAP_URL": "http://directory", "LDAP_USER_SEARCH_BASE": "dc=a"}, "LDAP_URL"),
        ({"SAML_ISSUER": "us"}, "SAML_ENTRY_POINT"),
        ({"SAML_SESSION_SECRET": "short"}, "SAML_SESSION_SECRET"),
    ],
)
def test_half_a_directory_is_refused(problems, chosen, name):
    assert [problem.split(",")[0].split()[0] for problem in problems(**chosen)] == [name]


def test_certificates_of_a_directory_are_checked_unless_said_otherwise(build):
    assert build().ldap.tls_reject_unauthorized is True

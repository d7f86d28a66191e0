"""A chat application's settings beside ours: each that is about signing in is accounted for, and no value is told."""

import pytest

from identity_service.foundation.settings import load
from identity_service.foundation.settings_comparison import compare
from tests.fakes.secrets import GOOD_SECRETS

SECRETS = "\n".join(f"{name}={value}" for name, value in GOOD_SECRETS.items())

UNSET = {"ALLOW_REGISTRATION", "BAN_VIOLATIONS", "TRUST_PROXY"}
"""What is told of a file in which it does not stand, since it is something else here then."""


@pytest.fixture
def compared(tmp_path):
    """Compare a file of theirs with good settings of ours."""

    def read(text):
        path = tmp_path / "theirs.env"
        path.write_text(text)
        return compare(path, load(GOOD_SECRETS, tmp_path))

    return read


@pytest.fixture
def verdict(compared):
    """Say what becomes of the one setting in a file."""

    def of(line):
        found = compared(line)
        return next(one for one in found.compared if one.name == line.partition("=")[0])

    return of


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("SESSION_EXPIRY=1000 * 60 * 15", "same"),
        ("DOMAIN_CLIENT=https://chat.example.org", "same"),
        ("ALLOW_REGISTRATION=false", "same"),
        ("BAN_INTERVAL=20", "same"),
        ("LOGIN_MAX=7", "stricter"),
        ("TRUST_PROXY=1", "stricter"),
        ("JWT_SECRET=short", "stricter"),
        ("ALLOW_REGISTRATION=yes", "stricter"),
        ("MIN_PASSWORD_LENGTH=4", "stricter"),
        ("LDAP_URL=ldap://ldap.example.org\nLDAP_USER_SEARCH_BASE=ou=people", "ignored"),
        ("SAML_EMAIL_CLAIM=mail", "ignored"),
        ("LIMIT_MESSAGE_IP=true", "ignored"),
        ("OPENID_REUSE_TOKENS=true", "ignored"),
        ("TRUST_TENANT_HEADER=true", "ignored"),
        ("CHECK_BALANCE=true", "ignored"),
        ("ALLOW_EMAIL_LOGIN_OVERRIDE=true", "ignored"),
        ("ALLOW_EMAIL_LOGIN_OVERRIDE=false", "same"),
        ("OPENID_SESSION_SECRET=Any random string", "stricter"),
        ("LIMIT_MESSAGE_IP=yes", "stricter"),
    ],
)
def test_each_setting_has_a_verdict_and_a_reason(verdict, line, expected):
    found = verdict(line)

    assert found.verdict == expected
    assert found.reason


def test_what_nothing_here_heeds_is_not_said_to_mean_the_same(compared):
    provider = "OPENID_CLIENT_ID=a\nOPENID_CLIENT_SECRET=b\nOPENID_ISSUER=https://idp.example.org\n"
    verdicts = {one.name: one.verdict for one in compared(f"{provider}OPENID_REFRESH_AUDIENCE=x\n").compared}

    assert (verdicts["OPENID_ISSUER"], verdicts["OPENID_REFRESH_AUDIENCE"]) == ("same", "ignored")


def test_what_has_nothing_to_do_with_signing_in_is_only_counted(compared):
    found = compared("OPENAI_API_KEY=sk-1\nENDPOINTS=openAI\nSESSION_EXPIRY=900000\n")

    assert found.others == 2
    assert {one.name for one in found.compared} == {"SESSION_EXPIRY", *UNSET}


@pytest.mark.parametrize("name", ["NODE_ENV", "CHECK_BALANCE", "ADMIN_PANEL_SESSION_SECRET", "GOOGLE_CLIENT_ID"])
def test_a_setting_that_nobody_has_filled_in_is_not_mentioned(compared, name):
    found = compared(f"{name}=\n")

    assert found.others == 0
    assert {one.name for one in found.compared} == UNSET


def test_a_setting_that_stands_in_a_file_is_one_and_the_same(compared, tmp_path):
    (tmp_path / "secret").write_text(GOOD_SECRETS["JWT_SECRET"])
    found = compared("JWT_SECRET_FILE=secret\n")

    assert found.others == 0
    assert "JWT_SECRET" in {one.name for one in found.compared}


def test_a_blank_setting_is_compared_only_where_blank_says_something(compared):
    found = compared("NODE_ENV=\nCHECK_BALANCE=\nTRUST_PROXY=\nSESSION_EXPIRY=\nALLOW_ACCOUNT_DELETION=\n")

    assert {one.name for one in found.compared} == {"ALLOW_ACCOUNT_DELETION", *UNSET}


def test_a_default_that_is_another_one_here_is_told(compared):
    reasons = {one.name: one.reason for one in compared("").compared}

    assert reasons["ALLOW_REGISTRATION"].endswith("write ALLOW_REGISTRATION=false")
    assert reasons["BAN_VIOLATIONS"].endswith("write BAN_VIOLATIONS=false")
    assert reasons["TRUST_PROXY"].startswith("unset, it is 1 there and 0 here")


def test_secrets_that_must_be_the_same_are_named_when_they_are_not(compared):
    assert compared(SECRETS).to_copy == ()
    assert compared(SECRETS.replace(GOOD_SECRETS["CREDS_KEY"], GOOD_SECRETS["CREDS_KEY"].upper())).to_copy == ()
    other = compared(SECRETS.replace(GOOD_SECRETS["JWT_SECRET"], "f0" + GOOD_SECRETS["JWT_SECRET"][2:]))
    assert other.to_copy == ("JWT_SECRET",)


def test_secrets_that_do_not_stand_there_must_be_the_same_all_the_same(compared):
    found = compared(f"{SECRETS}\nJWT_SECRET=\n".replace("JWT_REFRESH_SECRET", "ANOTHER"))

    assert found.to_copy == found.to_find == ("JWT_SECRET", "JWT_REFRESH_SECRET")
    assert compared("JWT_SECRET=theirs\n").to_find == ("JWT_REFRESH_SECRET", "CREDS_KEY")


def test_their_key_is_found_for_what_they_have_sealed(compared):
    assert compared(SECRETS).creds_key == bytes.fromhex(GOOD_SECRETS["CREDS_KEY"])
    assert compared("CREDS_KEY=short").creds_key is None


def test_what_their_accounts_are_tied_to_is_the_issuer_itself_and_a_github_of_their_own(compared):
    found = compared(
        "OPENID_ISSUER= https://id.example.org/realm/.well-known/openid-configuration\n"
        "GITHUB_ENTERPRISE_BASE_URL=https://github.example.org\n"
    )

    assert (found.openid_issuer, found.github) == ("https://id.example.org/realm", "https://github.example.org")
    assert compared("")[-2:] == ("", "")


def test_a_provider_that_could_not_be_set_up_here_is_told(verdict):
    assert verdict("GITHUB_CLIENT_ID=abc").reason.startswith("its value is refused here: GITHUB_CLIENT_ID and ")


def test_a_line_that_cannot_be_read_is_a_problem_and_no_value_is_in_anything_that_is_said(compared):
    found = compared(f"{SECRETS}\n= nonsense\nLOGIN_MAX=a secret\nEMAIL_PASSWORD=hunter2hunter2\nEMAIL_USERNAME=ada\n")

    assert any(problem.startswith("Line") for problem in found.problems)
    told = repr(found._replace(creds_key=None))
    for value in (*GOOD_SECRETS.values(), "a secret", "hunter2hunter2"):
        assert value not in told

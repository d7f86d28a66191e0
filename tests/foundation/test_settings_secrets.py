"""Secrets that are refused, and secrets that are never printed."""

import logging

import pytest

from identity_service.foundation.errors import Misconfigured
from tests.fakes.secrets import GOOD_SECRETS


@pytest.mark.parametrize("name", ["JWT_SECRET", "JWT_REFRESH_SECRET", "CREDS_KEY"])
def test_a_missing_secret_is_asked_for_by_name(problems, name):
    (problem,) = problems(**{name: ""})
    assert problem.startswith(f"{name} is required")


def test_the_iv_of_old_releases_is_optional(build):
    assert build().secrets.creds_iv is None
    assert build(CREDS_IV="00112233445566778899aabbccddeef1").secrets.creds_iv.get_secret_value()[:2] == b"\x00\x11"


@pytest.mark.parametrize("name", ["JWT_SECRET", "JWT_REFRESH_SECRET", "OPENID_SESSION_SECRET", "METRICS_TOKEN"])
def test_a_secret_of_31_bytes_is_too_short(problems, build, name):
    (problem,) = problems(**{name: "Zk8vQm2xWn5bTr7cYp4dHs6fJg9a1Lq"})
    assert problem.startswith(f"{name} must be at least 32 bytes long")
    build(**{name: "Zk8vQm2xWn5bTr7cYp4dHs6fJg9a1Lq!"})


@pytest.mark.parametrize(
    "value", ["a" * 64, "ab" * 20, "changeme" * 5, "0123456789abcdef" * 4, "passwordpasswordpasswordpassword1"[:32]]
)
def test_a_repeated_pattern_is_no_secret(problems, value):
    (problem,) = problems(JWT_SECRET=value)
    assert problem.startswith("JWT_SECRET repeats a pattern")


def test_a_long_secret_is_judged_without_delay(build):
    value = "".join(f"{number:x}" for number in range(12_000))
    assert build(JWT_SECRET=value).secrets.jwt.get_secret_value() == value


@pytest.mark.parametrize(
    ("name", "other"),
    [("JWT_REFRESH_SECRET", "JWT_SECRET"), ("CREDS_KEY", "JWT_SECRET"), ("CREDS_KEY", "JWT_REFRESH_SECRET")],
)
def test_no_secret_serves_two_purposes(problems, name, other):
    assert problems(**{name: GOOD_SECRETS[other].upper()}) == [f"{name} must differ from {other}."]


@pytest.mark.parametrize("own", ["JWT_SECRET", "JWT_REFRESH_SECRET", "CREDS_KEY"])
@pytest.mark.parametrize(
    "name", ["DYNAMIC_REGISTRATION_TOKEN", "METRICS_TOKEN", "OPENID_SESSION_SECRET", "SAML_SESSION_SECRET"]
)
def test_what_others_are_shown_is_none_of_the_secrets_of_the_service(problems, name, own):
    assert problems(**{name: f" {GOOD_SECRETS[own].upper()}"}) == [f"{name} must differ from {own}."]


def test_a_further_provider_has_no_secret_of_the_service_either(problems):
    okta = {"CLIENT_ID": "a", "CLIENT_SECRET": "b", "ISSUER": "https://o.example"}
    okta["SESSION_SECRET"] = GOOD_SECRETS["CREDS_KEY"]
    further = {f"OPENID_OKTA_{name}": text for name, text in okta.items()}
    assert problems(OPENID_PROVIDERS="okta", **further) == ["OPENID_OKTA_SESSION_SECRET must differ from CREDS_KEY."]


@pytest.mark.parametrize("end", ["", "f00", "f00100", "f00g"])
def test_the_sealing_key_is_exactly_64_hexadecimal_characters(problems, end):
    (problem,) = problems(CREDS_KEY=GOOD_SECRETS["CREDS_KEY"].removesuffix("f001") + end)
    assert problem.startswith("CREDS_KEY must be 64 hexadecimal characters")


def test_signing_keys_are_kept_as_written_and_sealing_keys_as_bytes(build):
    secrets = build().secrets
    assert secrets.jwt.get_secret_value() == GOOD_SECRETS["JWT_SECRET"]
    assert secrets.creds_key.get_secret_value() == bytes.fromhex(GOOD_SECRETS["CREDS_KEY"])


def test_no_secret_is_ever_printed(build):
    chosen = {
        "DATABASE_URL": "postgresql://me:hunter2@db/identity",
        "EMAIL_USERNAME": "me",
        "EMAIL_PASSWORD": "hunter2",
        "EMAIL_FROM": "a@b.example",
        "REDIS_URI": "redis://:hunter2@cache:6379",
        "MONGO_URI": "mongodb://me:hunter2@mongo/chat",
        "GOOGLE_CLIENT_ID": "id",
        "GOOGLE_CLIENT_SECRET": "hunter2",
        "LDAP_BIND_CREDENTIALS": "hunter2",
        "MAILGUN_API_KEY": "hunter2",
        "MAILGUN_DOMAIN": "b.example",
    }
    printed = f"{build(**chosen)!r} {build(**chosen)}"
    assert "hunter2" not in printed
    assert not any(secret in printed for secret in GOOD_SECRETS.values())
    assert bytes.fromhex(GOOD_SECRETS["CREDS_KEY"]).hex() not in printed


def test_no_secret_is_logged_when_pydantic_settings_is_asked_what_it_found(build, monkeypatch, caplog):
    monkeypatch.setenv("PYDANTIC_SETTINGS_DEBUG", "true")
    caplog.set_level(logging.DEBUG)
    build(APP_TITLE="hunter2")
    assert "Resolving settings for 'Secrets'" in caplog.text
    assert not any(secret in caplog.text for secret in ("hunter2", *GOOD_SECRETS.values()))


def test_no_error_repeats_what_was_written(build):
    names = (
        "JWT_SECRET",
        "CREDS_KEY",
        "DATABASE_URL",
        "MONGO_URI",
        "REDIS_URI",
        "PORT",
        "DOMAIN_SERVER",
        "METRICS_TOKEN",
    )
    with pytest.raises(Misconfigured) as refusal:
        build(**dict.fromkeys(names, "hunter2"), EMAIL_PASSWORD="hunter2")
    assert len(refusal.value.problems) == len(names) + 1
    seen = refusal.value
    while seen:
        assert "hunter2" not in f"{seen} {seen!r}"
        seen = seen.__cause__ or seen.__context__

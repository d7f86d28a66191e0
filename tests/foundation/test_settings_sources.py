"""Where texts come from: the environment, `.env`, and files of their own."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest

from identity_service.foundation.errors import Misconfigured
from identity_service.foundation.settings import from_process, load
from tests.fakes.secrets import GOOD_SECRETS
from tests.house.tree import ROOT


def test_secrets_are_all_that_must_be_set(build):
    settings = build()
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 3081)
    assert settings.site.issuer == settings.site.audience == "http://localhost:3081"
    assert settings.lifetimes.access == timedelta(minutes=15)
    assert settings.lifetimes.refresh == timedelta(days=7)
    assert settings.dialect == "standard"


def test_the_real_environment_wins_over_the_file(from_file):
    assert from_file("PORT=1111\nLOGIN_MAX=3\n", PORT="2222").server.port == 2222


def test_the_file_counts_where_the_environment_is_silent_or_blank(from_file):
    settings = from_file("PORT=1111\nLOGIN_MAX=3\n", PORT="")
    assert (settings.server.port, settings.moderation.login_max) == (1111, 3)


def test_a_missing_file_is_no_mistake(build):
    assert build().moderation.login_max == 7


def test_a_line_that_is_no_setting_is_named_by_its_number(from_file):
    with pytest.raises(Misconfigured) as refusal:
        from_file('PORT=1111\n\nnot a setting at all\nAPP_TITLE="My Chat"\n')
    assert refusal.value.problems == ("Line 3 of .env is not of the form NAME=value.",)


def test_a_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / ".env").write_bytes(b"PORT=\xff\n")
    with pytest.raises(Misconfigured) as refusal:
        load({"PORT": "none"}, tmp_path)
    assert refusal.value.problems == ("The file .env cannot be read as UTF-8 text.",)


def test_a_dollar_sign_in_a_password_stays_as_it_is(from_file):
    settings = from_file("EMAIL_USERNAME=me\nEMAIL_PASSWORD=pa${HOME}ss\nEMAIL_FROM=a@b.example\n", HOME="/root")
    assert settings.mail.password.get_secret_value() == "pa${HOME}ss"


def test_bytes_that_are_no_text_are_named_and_not_repeated(tmp_path):
    with pytest.raises(Misconfigured) as refusal:
        load({**GOOD_SECRETS, "JWT_SECRET": GOOD_SECRETS["JWT_SECRET"] + "\udcff"}, tmp_path)
    assert refusal.value.problems == ("JWT_SECRET must be UTF-8 text.",)


def test_unknown_names_are_ignored(build):
    assert build(AZURE_CLIENT_ID="x", OPENAI_API_KEY="y", SSL_CERT_FILE="/nowhere") == build()


def test_the_process_is_read_like_any_other_environment(tmp_path):
    (tmp_path / ".env").write_text("".join(f"{name}={secret}\n" for name, secret in GOOD_SECRETS.items()))
    assert from_process(tmp_path) == load(os.environ, tmp_path)


def test_the_process_environment_is_read(tmp_path):
    script = (
        "from pathlib import Path; from identity_service.foundation.settings import from_process;"
        "print(from_process().server.port, from_process(Path('other')).server.port)"
    )
    (tmp_path / ".env").write_text("PORT=1111\n")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / ".env").write_text("PORT=2222\n")
    environ = {**GOOD_SECRETS, "PYTHONPATH": str(ROOT), "PATH": os.defpath}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environ, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1111", "2222"]


def test_a_value_may_be_in_a_file_and_loses_one_newline(build, tmp_path):
    (tmp_path / "password").write_text(" s3cret word \n")
    settings = build(EMAIL_USERNAME="me", EMAIL_PASSWORD_FILE=str(tmp_path / "password"))
    assert settings.mail.password.get_secret_value() == " s3cret word "


@pytest.mark.parametrize("name", ["PORT", "SESSION_EXPIRY", "OPENID_PROVIDERS", "GOOGLE_CLIENT_ID", "MONGO_URI"])
def test_every_setting_may_be_in_a_file(problems, tmp_path, name):
    (tmp_path / "value").write_text("!\n")
    assert any(problem.startswith((name, "GOOGLE_CLIENT_ID")) for problem in problems(**{f"{name}_FILE": "value"}))


def test_a_dotenv_that_cannot_be_opened_is_not_taken_for_one_in_another_encoding(tmp_path):
    (tmp_path / ".env").mkdir()
    with pytest.raises(Misconfigured) as refusal:
        load({}, tmp_path)
    assert refusal.value.problems == ("The file .env cannot be read: Is a directory.",)


def test_a_relative_path_starts_at_the_settings_directory(build, tmp_path):
    (tmp_path / "port").write_text("4242\r\n")
    assert build(PORT_FILE="port").server.port == 4242


def test_a_required_secret_may_be_in_a_file(tmp_path):
    (tmp_path / "jwt").write_text(GOOD_SECRETS["JWT_SECRET"] + "\n")
    environ = {**GOOD_SECRETS, "JWT_SECRET_FILE": "jwt"}
    del environ["JWT_SECRET"]
    assert load(environ, tmp_path).secrets.jwt.get_secret_value() == GOOD_SECRETS["JWT_SECRET"]


def test_a_value_and_a_file_for_the_same_setting_are_one_too_many(problems, tmp_path):
    (tmp_path / "port").write_text("4242")
    assert problems(PORT="1", PORT_FILE="port") == ["PORT and PORT_FILE are both set: keep one of them."]


def test_a_blank_line_in_the_sample_does_not_forbid_the_file(from_file, tmp_path):
    (tmp_path / "port").write_text("4242")
    assert from_file("PORT=\nPORT_FILE=port\n").server.port == 4242


def test_a_file_in_the_environment_wins_over_a_value_in_dotenv(from_file, tmp_path):
    (tmp_path / "port").write_text("4242")
    assert from_file("PORT=1111\n", PORT_FILE="port").server.port == 4242


@pytest.mark.parametrize("content", [None, b"\xff", b"1" * 70_000])
def test_a_file_that_cannot_be_read_is_the_only_complaint(problems, tmp_path, content):
    if content is not None:
        (tmp_path / "jwt").write_bytes(content)
    found = problems(JWT_SECRET="", JWT_SECRET_FILE="jwt")
    assert found == ["JWT_SECRET_FILE must name a readable text file of at most 64 KiB."]


def test_a_password_in_a_file_that_cannot_be_read_does_not_count_as_missing(problems):
    assert problems(EMAIL_USERNAME="me", EMAIL_PASSWORD_FILE="nowhere") == [
        "EMAIL_PASSWORD_FILE must name a readable text file of at most 64 KiB."
    ]

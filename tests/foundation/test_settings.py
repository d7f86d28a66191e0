"""The tree as a whole: every mistake at once, and nothing that can be changed."""

import dataclasses
import re
from datetime import timedelta

import pytest
from pydantic import ValidationError

from identity_service.foundation.errors import IdentityFault, Misconfigured
from identity_service.foundation.settings import every_setting, load


def test_all_are_reported_together_by_name(problems):
    found = problems(
        PORT="1/0",
        DOMAIN_SERVER="identity.example",
        JWT_SECRET="short",
        ALLOW_REGISTRATION="yes",
        EMAIL_PORT="smtp",
        EMAIL_USERNAME="me",
        LOGIN_MAX="0",
        GOOGLE_CLIENT_ID="half",
        LDAP_URL="ldap://directory",
        OPENID_PROVIDERS="okta",
    )
    assert [problem.split()[0] for problem in found] == [
        "PORT",
        "DOMAIN_SERVER",
        "JWT_SECRET",
        "ALLOW_REGISTRATION",
        "EMAIL_PORT",
        "EMAIL_USERNAME",
        "LDAP_URL",
        "LOGIN_MAX",
        "GOOGLE_CLIENT_ID",
        "OPENID_OKTA_CLIENT_ID",
    ]


@pytest.mark.parametrize(
    "odd",
    [
        "zq!7",
        "\u0130zq!7",
        "\udcffzq!7",
        "\x00zq!7",
        "zq!7\n!",
        "zq!7" * 5000,
        "http://zq!7:99999",
        "[zq!7",
        "redis://zq!7:x",
        "postgresql://zq!7:zz@[/",
        "sqlite:///\x00zq!7",
        "/oauth/zq!7/callback",
        "(((",
        "9" * 200,
        "{provider}",
        ", ,",
    ],
)
@pytest.mark.parametrize("ending", ["", "_FILE"])
def test_whatever_is_written_every_mistake_is_a_sentence_that_does_not_repeat_it(tmp_path, odd, ending):
    with pytest.raises(Misconfigured) as refusal:
        load({f"{one.name}{ending}": odd for one in every_setting()}, tmp_path)
    strange = [text for text in refusal.value.problems if "zq!7" in text or not re.match(r"[A-Z].*\.$", text)]
    assert strange == []


def test_each_is_a_sentence(problems):
    found = problems(PORT="x", JWT_SECRET="x", DATABASE_URL="x", LOG_LEVEL="x", BAN_DURATION="x", HOST="a b")
    assert len(found) == 6
    assert all(problem.endswith(".") for problem in found)


def test_a_wrong_setting_does_not_make_another_look_wrong(problems):
    assert problems(EMAIL_FROM="nobody", EMAIL_HOST="mail.example") == ["EMAIL_FROM must be an e-mail address."]


def test_a_lent_value_is_complained_about_once_where_it_stands(problems):
    assert [problem.split()[0] for problem in problems(LOGIN_MAX="many")] == ["LOGIN_MAX"]


def test_the_refusal_belongs_to_the_tree_of_faults(problems):
    assert issubclass(Misconfigured, IdentityFault)
    assert problems(PORT="0") == ["PORT must be a whole number from 1 to 65535."]


def test_nothing_in_it_can_be_changed(build):
    settings = build()
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.server = None
    with pytest.raises(ValidationError, match="frozen"):
        settings.server.port = 1


def test_a_variant_is_a_new_tree(build):
    settings = build()
    faster = settings.lifetimes.model_copy(update={"access": timedelta(seconds=2)})
    assert dataclasses.replace(settings, lifetimes=faster).lifetimes.access == timedelta(seconds=2)
    assert settings.lifetimes.access == timedelta(minutes=15)

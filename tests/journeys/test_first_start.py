"""The start: keys that an earlier one did not get to are made, and settings that nothing heeds are named."""

import json
import secrets
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from sqlalchemy import create_engine, text

from tests.conftest import ON_POSTGRES
from tests.servers.identity import IdentityServer

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@pytest.fixture
def instances(request, tmp_path):
    """Two instances of one installation: its database has the schema, and nobody came to the keys."""
    url = f"sqlite:///{tmp_path / 'identity.db'}"
    if ON_POSTGRES:
        url = request.getfixturevalue("postgres").create_database(empty=True)
    same = {name: secrets.token_hex(32) for name in ("JWT_SECRET", "JWT_REFRESH_SECRET", "CREDS_KEY")}
    with ExitStack() as stack:
        both = [IdentityServer(database_url=url, environment=same) for _ in range(2)]
        for each in both:
            stack.callback(each.stop)
        assert both[0].run("migrate").returncode == 0
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM signing_keys"))
        engine.dispose()
        yield both


def published(server):
    with _direct.open(f"{server.url}/.well-known/jwks.json", timeout=5) as answer:
        return [(key["kid"], key["alg"]) for key in json.load(answer)["keys"]]


def test_instances_that_find_no_keys_make_one_set_for_all_of_them(instances):
    with ThreadPoolExecutor(2) as together:
        list(together.map(IdentityServer.start, instances))

    first, second = map(published, instances)
    assert sorted(algorithm for _, algorithm in first) == ["ES256", "ES256", "RS256", "RS256"]
    assert first == second


@pytest.mark.parametrize("server", ["gunicorn", "granian"])
def test_settings_that_nothing_heeds_are_named_once(identity_server, server):
    log = identity_server(server=server, environment={"ALLOW_PASSKEY_LOGIN": "true", "SAML_IDP_ISSUER": "x"}).log_text()

    (line,) = (line for line in log.splitlines() if "without_effect" in line)
    told = json.loads(line)
    assert told["settings"] == ["ALLOW_PASSKEY_LOGIN", "SAML_IDP_ISSUER"]
    assert told["level"] == "warning"


def test_of_settings_that_are_heeded_nothing_is_said(identity_server):
    assert "without_effect" not in identity_server().log_text()

"""Alive, ready, metrics."""

from pathlib import Path

import pytest
from sqlalchemy import delete, text

from identity_service.keys.tables import SigningKey
from tests.conftest import ON_POSTGRES
from tests.fakes.people import EMAIL

TOKEN = "Zk8vQm2xWn5bTr7cYp4dHs6fJg9a1Lq!"


def away(services):
    """Let the schema be that of an older release."""
    with services.database.transaction():
        services.database.change(text("UPDATE alembic_version SET version_num = '0000'"))


def test_the_process_is_alive_whatever_the_database_says(browser, services):
    away(services)

    assert browser.get("/healthz").json == {"status": "alive"}


def test_it_is_ready_when_the_database_has_this_releases_schema(browser, services):
    assert browser.get("/readyz").json == {"status": "ready", "limits": "database"}
    away(services)
    answer = browser.get("/readyz")

    assert (answer.status_code, answer.json["code"]) == (503, "database_unavailable")
    assert answer.headers["Retry-After"] == "1"


def test_while_its_server_leaves_it_is_not_ready_and_says_so_like_every_other_fault(browser):
    answer = browser.get("/readyz", environ_overrides={"identity.is_leaving": True})

    assert (answer.status_code, answer.json["code"], answer.headers["Retry-After"]) == (503, "leaving", "1")
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]
    assert browser.get("/readyz", environ_overrides={"identity.is_leaving": False}).status_code == 200


@pytest.mark.environ(REDIS_URI="redis://127.0.0.1:1")
def test_it_is_ready_without_the_redis_of_its_limits_and_says_so(browser):
    assert browser.get("/readyz").json["limits"] == "redis"
    assert browser.post("/api/auth/login", json={"email": "a", "password": "b"}).status_code == 404

    assert browser.get("/readyz").json == {"status": "ready", "limits": "database instead of redis"}


def test_it_is_not_ready_without_a_key_to_sign_with(browser, services):
    with services.database.transaction():
        services.database.change(delete(SigningKey))

    answer = browser.get("/readyz")

    assert (answer.status_code, answer.json["code"]) == (503, "database_unavailable")


@pytest.mark.skipif(ON_POSTGRES, reason="SQLite alone has a file of its own.")
def test_it_is_not_ready_while_its_file_is_elsewhere(browser, services):
    file = Path(services.database.engine.url.database)
    assert browser.get("/readyz").status_code == 200
    elsewhere = file.rename(file.with_suffix(".elsewhere"))
    answer, appeared = browser.get("/readyz"), file.exists()
    elsewhere.rename(file)

    assert (answer.status_code, answer.json["code"], appeared) == (503, "database_unavailable", False)
    assert browser.get("/readyz").status_code == 200


def test_metrics_are_not_on_the_public_address(browser):
    assert browser.get("/metrics").status_code == 404
    assert browser.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.environ(METRICS_TOKEN=TOKEN)
def test_with_a_token_metrics_are_on_the_public_address_for_its_bearer_alone(browser):
    assert browser.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).mimetype == "text/plain"
    for wrong in ("", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer é"):
        answer = browser.get("/metrics", environ_overrides={"HTTP_AUTHORIZATION": wrong.encode().decode("latin-1")})
        assert (answer.status_code, answer.json["code"]) == (404, "not_found")


@pytest.mark.environ(METRICS_PORT="9464")
def test_metrics_have_an_address_of_their_own_where_nothing_else_is(browser):
    there = {"SERVER_PORT": "9464"}

    assert b"identity_http_requests_total" in browser.get("/metrics", environ_overrides=there).data
    assert browser.get("/api/config", environ_overrides=there).status_code == 404


@pytest.mark.environ(METRICS_PORT="9464")
def test_what_is_counted_names_doors_and_outcomes_and_nothing_that_somebody_typed(browser):
    browser.post("/api/auth/login", json={"email": EMAIL, "password": "a wrong guess"})
    browser.get("/api/auth/typed-by-a-stranger")
    counted = browser.get("/metrics", environ_overrides={"SERVER_PORT": "9464"}).text

    assert 'identity_sign_ins_total{outcome="wrong_credentials"}' in counted
    assert 'route="/api/auth/login"' in counted
    assert "stranger" not in counted
    assert "xample" not in counted


@pytest.mark.environ(METRICS_PORT="0")
def test_metrics_can_be_switched_off(browser):
    assert browser.get("/metrics", environ_overrides={"SERVER_PORT": "0"}).status_code == 404

"""
Secrets that were planted on purpose, and everything that was written afterwards: none of them is in there.

Successes, refusals, garbage and operators' commands go through a real service; then its output, its database, its
counters and the process list are searched, byte by byte.
Law: OWASP ASVS 5.0 16.2 (log lines), 16.2.5 (no secrets in logs), 14.2.
"""

import json
import re
import secrets
from base64 import b64encode
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import quote
from urllib.request import ProxyHandler, build_opener

import pytest
from sqlalchemy import inspect, text

from tests.attacks.crowd import Ask, Wire, behind, login, patiently, refresh, registration

METRICS_TOKEN = secrets.token_hex(24)


@dataclass
class Planted:
    """Every secret of the story, and every answer that was given."""

    secrets: dict[str, str] = field(default_factory=dict)
    answers: list = field(default_factory=list)
    on_screen: str = ""

    def plant(self, name: str) -> str:
        """Make up a secret that nothing else could contain, under a name of its own."""
        assert name not in self.secrets
        self.secrets[name] = f"canary-{secrets.token_hex(12)}"
        return self.secrets[name]


@pytest.fixture(scope="module")
def server(identity_server):
    return identity_server(environment={"METRICS_TOKEN": METRICS_TOKEN, "LOG_LEVEL": "debug", "LOGIN_MAX": "1000"})


@pytest.fixture(scope="module")
def planted(server):
    story = Planted()
    with closing(Wire(server)) as wire:
        for chapter in (_people, _strangers, _verifiers, _operators, _vandals):
            chapter(story, server, lambda asked: _told(story, patiently(wire, asked)))
    story.secrets["metrics token"] = METRICS_TOKEN
    for line in (server.folder / ".env").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition("=")
        if name in {"JWT_SECRET", "JWT_REFRESH_SECRET", "CREDS_KEY", "CREDS_IV"}:
            story.secrets[name] = value
    return story


def test_no_secret_is_in_what_the_service_wrote(planted, server):
    assert "request.answered" in server.log_text()
    assert _found(planted, server.log_text()) == []


def test_no_secret_is_in_the_database(planted, server):
    assert _found(planted, _everything_kept(server)) == []


def test_no_private_key_is_in_the_database(planted, server):
    with behind(server) as services:
        key = services.capabilities.keys.signing("ES256")
        number = key.private_key.private_numbers().private_value.to_bytes(32, "big")
    kept = _everything_kept(server)

    assert "PRIVATE KEY" not in kept
    assert number.hex() not in kept
    assert b64encode(number).decode().rstrip("=") not in kept


def test_no_secret_is_in_the_files_of_the_database(planted, server):
    """The write-ahead log as well, and pages that were given up."""
    raw = b"".join(path.read_bytes() for path in sorted(server.folder.glob("identity.db*")))

    assert [name for name, secret in planted.secrets.items() if secret.encode() in raw] == []
    assert b"PRIVATE KEY" not in raw


def test_no_secret_is_in_the_counters(planted, server):
    with build_opener(ProxyHandler({})).open(server.metrics_url, timeout=10) as answer:
        exposition = answer.read().decode()

    assert "identity_http_requests_total" in exposition
    assert _found(planted, exposition) == []


def test_no_secret_is_in_a_refusal(planted):
    refused = [answer for answer in planted.answers if answer.status >= 400]

    assert len(refused) > 15
    assert [found for answer in refused for found in _found(planted, answer.text + str(answer.headers))] == []


def test_a_made_up_password_is_shown_once_to_whoever_made_the_account(planted, server):
    generated = planted.secrets["generated password"]

    assert planted.on_screen.count(generated) == 1
    assert len(generated) >= 20


def test_no_secret_is_on_a_command_line(planted, server):
    """The process list is everybody's to read."""
    pids = [server.pid, *server.worker_pids()]

    assert [found for pid in pids for found in _found(planted, Path(f"/proc/{pid}/cmdline").read_text())] == []


def test_no_answer_was_a_fault_of_ours(planted):
    assert [answer for answer in planted.answers if answer.status >= 500] == []


def test_every_line_is_one_json_object_with_a_time_and_an_event(planted, server):
    lines = [json.loads(line) for line in server.log_text().splitlines()]

    assert all(isinstance(line["event"], str) for line in lines)
    assert all(datetime.fromisoformat(line["time"]).tzinfo is not None for line in lines)
    requests = [line for line in lines if line["event"].startswith("request.")]
    assert len(requests) >= len(planted.answers)
    assert all(re.fullmatch(r"[A-Za-z0-9._-]{8,64}", line["request_id"]) for line in requests)


def test_every_answer_names_the_line_that_tells_of_it(planted, server):
    lines = [json.loads(line) for line in server.log_text().splitlines()]
    told = {line["request_id"]: line for line in lines if line["event"] == "request.answered"}

    assert [answer for answer in planted.answers if answer.headers["x-request-id"] not in told] == []
    for answer in planted.answers:
        assert told[answer.headers["x-request-id"]]["status"] == answer.status
    assert len({answer.headers["x-request-id"] for answer in planted.answers}) == len(planted.answers)


def test_no_line_holds_an_address_that_somebody_typed(planted, server):
    assert re.findall(r"[\w.+-]+@example\.\w+", server.log_text()) == []


def _people(story, _server, ask):
    password = story.plant("password")
    ask(registration("ada@example.org", password=password, confirm_password=password))
    first = ask(login("ada@example.org", password))
    second = ask(refresh(first.refresh_token))
    for name, answer in (("first", first), ("second", second)):
        story.secrets[f"{name} access token"] = answer.json["token"]
        story.secrets[f"{name} refresh token"] = answer.refresh_token
    ask(Ask("GET", "/api/user", headers={"Authorization": f"Bearer {first.json['token']}"}))
    ask(Ask("GET", "/api/auth/sessions", headers={"Authorization": f"Bearer {first.json['token']}"}))
    ask(Ask("GET", "/v1/forward-auth", headers={"Cookie": f"refreshToken={second.refresh_token}"}))


def _strangers(story, _server, ask):
    ask(login("ada@example.org", story.plant("wrong password")))
    ask(login("nobody@example.org", story.plant("password of nobody")))
    ask(login(story.plant("a password typed into the wrong field"), "x"))
    ask(
        registration(
            "eve@example.org", password=story.plant("Eve's password"), confirm_password=story.plant("another one")
        )
    )
    ask(registration(story.plant("no address"), password=story.plant("good enough password")))
    ask(refresh(story.plant("cookie")))
    ask(refresh(story.secrets["first refresh token"][:-4] + "AAAA"))
    ask(Ask("GET", "/api/user", headers={"Authorization": f"Bearer {story.plant('bearer')}"}))
    ask(Ask("GET", "/api/user", headers={"Authorization": f"Basic {story.plant('basic')}"}))
    ask(Ask("GET", f"/api/config?token={story.plant('token in an address')}"))
    ask(Ask("GET", f"/reset-password/{story.plant('token in a path')}"))
    ask(Ask("GET", "/metrics", headers={"Authorization": f"Bearer {story.plant('wrong metrics token')}"}))
    ask(Ask("GET", "/api/config", headers={"User-Agent": "a browser", "X-Request-ID": story.plant("request id")}))


def _verifiers(story, server, ask):
    made = json.loads(server.run("create-client", "--name", "the chat back end", "--json").stdout)
    story.secrets["client secret"] = made["client_secret"]
    for secret in (made["client_secret"], story.plant("wrong client secret")):
        proof = b64encode(f"{made['client_id']}:{quote(secret)}".encode()).decode()
        story.secrets[f"proof with {secret[:10]}"] = proof
        for token in (story.secrets["first access token"], story.plant(f"token verified with {secret[:10]}")):
            ask(Ask("POST", "/v1/verify", {"token": token}, {"Authorization": f"Basic {proof}"}))
    ask(Ask("POST", "/v1/verify", {"token": [story.plant("token in a list")]}, {"Authorization": f"Basic {proof}"}))


def _operators(story, server, _ask):
    generated = server.run("create-user", "carol@example.org", "--json")
    story.on_screen += generated.stdout
    found = json.loads(generated.stdout)
    story.secrets["generated password"] = next(text for name, text in found.items() if "password" in name)
    runs = [
        server.run("create-user", "dave@example.org", "--password", story.plant("chosen password")),
        server.run("create-user", "dave@example.org", "--password", story.plant("password for somebody known")),
        server.run("create-user", "no address", "--password", story.plant("password for no address")),
        server.run("list-users", "--json"),
        server.run("list-clients", "--json"),
        server.run("rotate-keys", "--json"),
        server.run("delete-user", "dave@example.org", "--yes"),
    ]
    for run in runs:
        story.on_screen += run.stdout + run.stderr
        assert "Traceback" not in run.stderr
    hidden = {name: secret for name, secret in story.secrets.items() if name != "generated password"}
    assert [name for name, secret in hidden.items() if secret in story.on_screen] == []


def _vandals(story, _server, ask):
    bearer = {"Authorization": f"Bearer {story.secrets['first access token']}"}
    for body in ([story.plant("list")], story.plant("text"), {"$where": story.plant("operator")}, {"password": {}}):
        for path in ("/api/auth/login", "/api/auth/register", "/v1/verify", "/api/auth/logout-all"):
            ask(Ask("POST", path, body, bearer))
    ask(Ask("POST", "/oauth2/introspect", {"token": story.plant("json for a form")}))
    ask(Ask("DELETE", f"/api/auth/sessions/{story.plant('session')}", headers=bearer))
    ask(Ask("POST", "/api/auth/login", {"email": "ada@example.org", "password": story.plant("long") * 2000}))


def _told(story, answer):
    story.answers.append(answer)
    return answer


def _found(planted, written):
    return [name for name, secret in planted.secrets.items() if secret and secret in written]


def _everything_kept(server):
    """Read every column of every table as text."""
    with behind(server) as services, services.database.transaction():
        connection = services.database.connection()
        rows = [
            row
            for table in inspect(connection).get_table_names()
            for row in connection.execute(text(f'SELECT * FROM "{table}"'))  # noqa: S608 - the tables' own names
        ]
    assert rows
    return "\n".join(
        value.hex() if isinstance(value, bytes) else str(value)
        for row in rows
        for value in (bytes(cell) if isinstance(cell, memoryview) else cell for cell in row)
    )

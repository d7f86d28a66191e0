"""
nginx with the very file that is in deploy/: who answers what, and what a visitor cannot claim.

Only addresses and certificates are other ones.
"""

import json
import os
import re
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection, HTTPSConnection

import pytest
import trustme

from tests.attacks.crowd import UNLIMITED, Answer, Ask, login, registration
from tests.servers import nginx
from tests.servers.neighbour import Neighbour
from tests.servers.nginx import Nginx
from tests.servers.process import ROOT, free_port

CHAT, TOOLS, ID = "chat.example.org", "tools.example.org", "id.example.org"


@pytest.fixture(scope="module", autouse=True)
def _nginx_is_here() -> None:
    if nginx.find() is None:
        if os.environ.get("CI") == "true":
            pytest.fail(nginx.MISSING)
        pytest.skip(nginx.MISSING)


class Visitor:
    """Somebody who comes to the proxy, and believes the certificates of *authority*."""

    def __init__(self, port: int, authority: trustme.CA) -> None:
        self._port = port
        self._trust = ssl.create_default_context()
        authority.configure_trust(self._trust)

    def ask(self, host: str, asked: Ask) -> Answer:
        """Ask *host* over TLS."""
        with closing(_Named(host, self._port, context=self._trust, timeout=30)) as connection:
            body = None if asked.body is None else json.dumps(asked.body)
            kind = {} if body is None else {"Content-Type": "application/json"}
            connection.request(asked.method, asked.path, body, {"Host": host, **kind, **asked.headers})
            came = connection.getresponse()
            told = {name.lower(): ", ".join(came.headers.get_all(name)) for name in came.headers}
            return Answer(came.status, told, came.read().decode())

    def get(self, host: str, path: str, **headers: str) -> Answer:
        """Open an address."""
        return self.ask(host, Ask("GET", path, headers=headers))


class _Named(HTTPSConnection):
    """Connects to this machine, and asks for the certificate of *host*."""

    def connect(self) -> None:
        host, self.host = self.host, "127.0.0.1"
        HTTPConnection.connect(self)
        self.host = host
        self.sock = self._context.wrap_socket(self.sock, server_hostname=host)


@pytest.fixture(scope="module")
def plain_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def server(identity_server):
    site = f"https://{CHAT}"
    named = {"DOMAIN_SERVER": site, "DOMAIN_CLIENT": site, "TRUST_PROXY": "1", "WEB_CONCURRENCY": "1"}
    provider = {"ALLOW_SOCIAL_LOGIN": "true", "DISCORD_CLIENT_ID": "the-chat", "DISCORD_CLIENT_SECRET": "a secret"}
    return identity_server(environment={**UNLIMITED, **named, **provider, "ACCESS_TOKEN_DIALECT": "librechat"})


@pytest.fixture(scope="module")
def visitor(server, plain_port, tmp_path_factory) -> Iterator[Visitor]:
    port, authority, folder = free_port(), trustme.CA(), tmp_path_factory.mktemp("certificates")
    site = (ROOT / "deploy/nginx.conf").read_text(encoding="utf-8")
    for host in (CHAT, TOOLS, ID):
        certificate = authority.issue_cert(host)
        certificate.private_key_pem.write_to_path(folder / f"{host}.key")
        for pem in certificate.cert_chain_pems:
            pem.write_to_path(folder / f"{host}.pem", append=True)
        site = site.replace(f"/etc/ssl/{host}/fullchain.pem", str(folder / f"{host}.pem"))
        site = site.replace(f"/etc/ssl/{host}/privkey.pem", str(folder / f"{host}.key"))
    with ExitStack() as stack:
        chat, backend = (stack.enter_context(Neighbour(name)) for name in ("chat", "back end"))
        for said, meant in (("3081", server.port), ("3080", chat.port), ("8000", backend.port)):
            site = site.replace(f"127.0.0.1:{said};", f"127.0.0.1:{meant};")
        site = site.replace("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;")
        site = site.replace("listen 80;", f"listen 127.0.0.1:{plain_port};")
        stack.enter_context(Nginx(site))
        yield Visitor(port, authority)


@pytest.fixture(scope="module")
def ada(visitor) -> dict[str, str]:
    """Headers of somebody who is signed in."""
    assert visitor.ask(CHAT, registration("ada@example.org")).status == 200
    answer = visitor.ask(CHAT, login("ada@example.org"))
    assert answer.status == 200, answer.text
    assert "Secure" in answer.headers["set-cookie"]
    return {"Authorization": f"Bearer {answer.json['token']}"}


def test_what_has_no_tls_is_sent_where_there_is_some(visitor, plain_port):
    with closing(HTTPConnection("127.0.0.1", plain_port, timeout=10)) as connection:
        connection.request("GET", "/c/new?x=1", headers={"Host": CHAT})
        answer = connection.getresponse()

    assert (answer.status, answer.headers["Location"]) == (308, f"https://{CHAT}/c/new?x=1")


@pytest.mark.parametrize(
    "path",
    [
        "/api/auth/sessions",
        "/oauth/google",
        "/.well-known/openid-configuration",
        "/v1/forward-auth",
        "/openapi.yaml",
        "/api/user/email",
        "/api/user/language",
        "/api/user/password",
        "/oauth2/userinfo",
    ],
)
def test_signing_in_and_what_belongs_to_it_is_answered_here(visitor, path):
    assert '"name": "chat"' not in visitor.get(CHAT, path).text


@pytest.mark.parametrize("host", [CHAT, ID])
def test_whoever_carries_as_much_to_a_provider_as_a_cookie_holds_gets_there(visitor, host):
    left = visitor.get(host, f"/oauth/discord?continue={'x' * 2500}")

    assert left.headers["location"].startswith("https://discord.com/"), left
    assert len(left.headers["set-cookie"]) > 3700


@pytest.mark.parametrize(
    "path", ["/", "/login", "/c/new", "/api/config", "/api/user", "/api/user/terms", "/api/messages", "/healthz"]
)
def test_everything_else_is_answered_by_the_chat(visitor, path):
    assert visitor.get(CHAT, path).json["name"] == "chat"


def test_the_pages_that_letters_lead_to_are_open_and_work_with_a_sign_in_at_the_chat(visitor, ada):
    cookie = visitor.ask(CHAT, login("ada@example.org")).headers["set-cookie"]
    whose = {"Cookie": re.search(r"[\w-]*identity_session=[^;]+", cookie)[0]}

    assert visitor.get(CHAT, "/account").headers["location"] == "/login"
    page = visitor.get(CHAT, "/account", **whose)
    assert (page.status, "ada@example.org" in page.text) == (200, True)
    for path in re.findall(r'(?:href|action)="(/[^"]*)"', page.text):
        assert '"name": "chat"' not in visitor.get(CHAT, path, **whose).text, path


def test_counters_are_for_the_inside(visitor):
    assert [visitor.get(host, "/metrics").status for host in (CHAT, ID)] == [404, 404]


def test_a_visitor_cannot_choose_an_address(visitor, server, ada):
    claimed = visitor.ask(
        CHAT, Ask("POST", "/api/auth/login", login("ada@example.org").body, {"X-Forwarded-For": "203.0.113.9"})
    )

    assert claimed.status == 200
    assert "203.0.113.9" not in server.log_text()


def test_a_back_end_is_told_who_it_is(visitor, ada):
    told = visitor.get(TOOLS, "/report", **ada).json

    assert (told["name"], told["path"]) == ("back end", "/report")
    assert re.fullmatch("[0-9a-f]{24}", told["headers"]["x-auth-user"])
    assert (told["headers"]["x-auth-email"], told["headers"]["x-auth-role"]) == ("ada@example.org", "ADMIN")


def test_nobody_gets_to_a_back_end_without_a_session(visitor):
    assert visitor.get(TOOLS, "/report").status == 401
    assert visitor.get(TOOLS, "/report", Authorization="Bearer nonsense").status == 401


def test_a_visitor_cannot_bring_a_name_along(visitor, ada):
    told = visitor.get(TOOLS, "/report", **ada, **{"X-Auth-User": "f" * 24, "X-Auth-Role": "KING"}).json["headers"]

    assert told["x-auth-user"] != "f" * 24
    assert told["x-auth-role"] == "ADMIN"


def test_nobody_asks_the_inside_question_from_outside(visitor, ada):
    assert visitor.get(TOOLS, "/_who", **ada).status == 404


def test_the_openid_provider_has_a_name_of_its_own(visitor):
    assert "<form" in visitor.get(ID, "/login").text


def test_what_is_too_large_is_refused_at_the_door(visitor):
    answer = visitor.ask(CHAT, Ask("POST", "/api/auth/login", {"email": "x" * 70_000}))

    assert answer.status == 413


def test_nginx_has_nothing_against_the_files_for_containers():
    for name, hosts in (
        ("nginx.librechat.conf", ("identity", "librechat")),
        ("nginx.replicas.conf", ("identity-1", "identity-2")),
    ):
        site = (ROOT / "deploy" / name).read_text(encoding="utf-8")
        for host in hosts:
            site = re.sub(rf"server {host}:", "server 127.0.0.1:", site)
        checked = Nginx(site)
        try:
            assert checked.complaint() is None
        finally:
            checked.remove()

"""
What the application learns about a connection comes from the socket, never from what a client claims.

Law: RFC 9110 §7.2 (Host), RFC 7239 §8 (forwarding headers are only worth what the sender is).
"""

import json
import urllib.request

import pytest

CLAIMS = [
    "X-Forwarded-Proto: https\r\n",
    "X-Forwarded-Port: {metrics}\r\n",
    "X-Forwarded-Host: test:{metrics}\r\n",
    "X-Forwarded-For: 203.0.113.7\r\n",
    "Forwarded: for=203.0.113.7;proto=https;host=test:{metrics}\r\n",
    "SERVER_PORT: {metrics}\r\n",
    "Server-Port: {metrics}\r\n",
    "SCRIPT_NAME: /surroundings\r\n",
    "Script-Name: /surroundings\r\n",
    "PATH_INFO: /healthz\r\n",
    "REMOTE_ADDR: 203.0.113.7\r\n",
    "X-Forwarded-Ssl: on\r\n",
]


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_changes_nothing(server, claim):
    with server.connect() as client:
        told = json.loads(client.ask("/surroundings", more=claim.format(metrics=server.metrics_port)).body)

    assert told == {
        "SERVER_PORT": str(server.port),
        "SERVER_NAME": "127.0.0.1",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/surroundings",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "HTTP_HOST": "test",
    }


@pytest.mark.parametrize(
    "request_line", ["GET /surroundings", "GET http://test:{metrics}/surroundings", "GET //test:{metrics}/surroundings"]
)
def test_the_port_is_the_one_of_the_socket(server, request_line):
    line = request_line.format(metrics=server.metrics_port)
    with server.connect() as client:
        client.send(f"{line} HTTP/1.1\r\nHost: test:{server.metrics_port}\r\n\r\n".encode())
        body = client.answer().body

    assert b"SERVER_PORT" not in body or json.loads(body)["SERVER_PORT"] == str(server.port)


def test_the_other_address_has_the_other_port(server):
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(f"http://127.0.0.1:{server.metrics_port}/surroundings", timeout=10) as answer:
        assert json.load(answer)["SERVER_PORT"] == str(server.metrics_port)


def test_no_answer_names_the_software(server):
    with server.connect() as client:
        good = client.ask("/healthz").head
        client.send(b"nonsense\r\n\r\n")
        bad = client.answer().head

    assert "gunicorn" not in (good + bad).lower()


def test_a_header_with_underscores_is_never_taken_for_the_one_with_hyphens(server):
    """The chain of a proxy would otherwise be what its visitor says (granian does so, which its file tells)."""
    claim = "X-Forwarded-For: 192.0.2.1\r\nX_Forwarded_For: 203.0.113.7\r\nX-Forwarded_For: 203.0.113.7\r\n"
    with server.connect() as client:
        told = json.loads(client.ask("/headers", more=claim).body)

    assert told["HTTP_X_FORWARDED_FOR"] == "192.0.2.1"

"""What an attacker changes at will to look like many: nothing of it counts as another visitor, or another account."""

from collections import Counter
from itertools import count

import pytest
from werkzeug.test import Client

from identity_service.app import with_entrance
from tests.attacks.guessing import ALIASES
from tests.fakes.people import PASSWORD, person

SPOOFED = (
    "X-Forwarded-For",
    "X-Real-IP",
    "Forwarded",
    "True-Client-IP",
    "CF-Connecting-IP",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "X-Originating-IP",
)


@pytest.fixture
def ada(services):
    return person(services, "ada@example.org")


@pytest.fixture
def guess(app, ada):
    """Try a password at Ada's account; return the status."""
    client, turn = Client(with_entrance(app), use_cookies=False), count()

    def one(peer="192.0.2.7", email=None, password="", **headers):
        told = {"email": email or f"person{next(turn)}@example.org", "password": password or "a wrong one"}
        answer = client.post("/api/auth/login", json=told, headers=headers, environ_base={"REMOTE_ADDR": peer})
        return answer.status_code

    return one


def test_a_thousand_addresses_of_one_subscriber_are_one_visitor(guess):
    statuses = [guess(f"2001:db8:1:2:{number:x}::{number:x}") for number in range(1000)]

    # Seven are looked at, twenty make a ban, and from then on the whole network is answered as banned.
    assert Counter(statuses) == {404: 7, 429: 20, 403: 973}
    assert guess("2001:db8:1:3::1") == 404


@pytest.mark.parametrize("name", SPOOFED)
def test_no_header_makes_another_visitor_where_no_proxy_is_trusted(guess, name):
    values = [f"198.51.100.{number}" for number in range(9)]
    statuses = [guess(**{name: f"for={value}" if name == "Forwarded" else value}) for value in values]

    assert statuses == [404] * 7 + [429] * 2


@pytest.mark.environ(TRUST_PROXY="2")
def test_of_a_header_only_what_the_trusted_proxies_added_counts(guess):
    def through(own, number):
        return guess("10.0.0.1", **{"X-Forwarded-For": f"{own}203.0.113.5, 10.0.0.{number}"})

    statuses = [through(f"198.51.100.{number}, ", number) for number in range(9)]

    assert statuses == [404] * 7 + [429] * 2
    assert guess("10.0.0.1", **{"X-Forwarded-For": "203.0.113.6, 10.0.0.1"}) == 404


def test_an_address_is_one_in_whichever_form_it_comes(guess):
    forms = ("192.0.2.9", "::ffff:192.0.2.9", "::ffff:c000:209", "0:0:0:0:0:ffff:192.0.2.9")
    statuses = [guess(forms[number % 4]) for number in range(9)]

    assert statuses == [404] * 7 + [429] * 2


@pytest.mark.environ(TRUST_PROXY="1")
def test_who_has_no_address_that_can_be_read_shares_one_bucket(guess):
    statuses = [guess("not an address", **{"X-Forwarded-For": f"unknown{number}"}) for number in range(9)]

    assert statuses == [404] * 7 + [429] * 2


def test_every_spelling_of_one_account_counts_at_that_account(guess):
    statuses = [guess(f"192.0.2.{number}", ALIASES[number % len(ALIASES)]) for number in range(9)]

    assert statuses == [404] * 7 + [429] * 2
    assert guess("198.51.100.1", "ada@example.org", PASSWORD) == 429


def test_what_stands_behind_a_plus_is_another_address(guess):
    statuses = {guess(f"192.0.2.{number}", f"ada+{number}@example.org") for number in range(9)}

    assert statuses == {404}
    assert guess("198.51.100.1", "ada@example.org", PASSWORD) == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
def test_another_method_neither_counts_nor_signs_in(app, guess, method):
    client = Client(with_entrance(app), use_cookies=False)
    peer = {"REMOTE_ADDR": "192.0.2.7"}
    for _ in range(9):
        assert client.open("/api/auth/login", method=method, environ_base=peer).status_code in {200, 405}

    assert guess() == 404


BESIDE = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "empty"}


@pytest.mark.environ(ALLOW_SOCIAL_LOGIN="true", GITHUB_CLIENT_ID="us", GITHUB_CLIENT_SECRET="secret", LOGIN_MAX="1")
@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("POST", "/api/auth/login", {"Sec-Fetch-Mode": "no-cors"}),
        ("POST", "/api/auth/login", {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}),
        ("POST", "/api/auth/register", {"Sec-Fetch-Mode": "no-cors"}),
        ("GET", "/oauth/github", {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}),
        ("GET", "/oauth/github", {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}),
        ("GET", "/oauth/github/callback", {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}),
    ],
)
def test_a_page_of_another_site_uses_up_no_tries_of_whoever_looks_at_it(app, guess, method, path, sent):
    client, peer = Client(with_entrance(app), use_cookies=False), {"REMOTE_ADDR": "192.0.2.7"}
    for _ in range(30):
        answer = client.open(path, method=method, data=b"x", headers={**BESIDE, **sent}, environ_base=peer)
        assert answer.status_code == 403
        assert "RateLimit-Limit" not in answer.headers

    assert guess() == 404
    assert client.get("/oauth/github", environ_base=peer).status_code == 303


@pytest.mark.environ(ALLOW_SOCIAL_LOGIN="true", GITHUB_CLIENT_ID="us", GITHUB_CLIENT_SECRET="secret")
def test_whoever_follows_a_link_of_another_site_to_a_provider_comes_through_and_counts(app):
    client = Client(with_entrance(app), use_cookies=False)
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}

    assert [client.get("/oauth/github", headers=link).status_code for _ in range(8)] == [303] * 7 + [429]

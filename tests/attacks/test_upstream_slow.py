"""
A provider that keeps us waiting, or answers without end, costs a person ten seconds and nobody else anything.

Law: OWASP ASVS 5.0 §13.2.4 and §13.1.2 (time-outs and limits of every connection to somebody else).
"""

import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import pytest

from tests.attacks.crowd import UNLIMITED
from tests.journeys.traveller import Traveller
from tests.servers.openid_provider import OPEN
from tests.servers.process import free_port
from tests.servers.social import CLIENT_ID, CLIENT_SECRET, Account, Social

MANNERS = ("hang", "drip", "large", "bomb", "error", "html", "round")
DOORS = ("discovery", "token", "keys", "user")
WAYS = [(door, manner) for door in DOORS for manner in MANNERS]
HANGING = ("discovery", "hang")
LONGEST = 10
KNOCKS = 140
"""More than all workers have threads: if each knock held one for as long as the provider hangs, nobody were served."""
FAILED = "/login?redirect=false&error=auth_failed"


@pytest.fixture(scope="module")
def social():
    """A place with many OpenID providers, each of which misbehaves at one door in one way."""
    with Social() as social:
        social.account = Account({"sub": "4711", "email": "ada@example.org", "email_verified": True})
        social.rude = {f"{door}-{manner}/{door}": manner for door, manner in WAYS}
        yield social


@pytest.fixture(scope="module")
def site(identity_server, social):
    names = {f"{door}_{manner}": f"{social.url}/{door}-{manner}" for door, manner in WAYS}
    told = {"OPENID_PROVIDERS": ",".join(names), "DOMAIN_CLIENT": f"http://127.0.0.1:{free_port()}"}
    for name, issuer in names.items():
        prefix = f"OPENID_{name.upper()}"
        told |= {f"{prefix}_CLIENT_ID": CLIENT_ID, f"{prefix}_CLIENT_SECRET": CLIENT_SECRET, f"{prefix}_ISSUER": issuer}
    return identity_server(environment={**UNLIMITED, **OPEN, **told})


def travel(site, way):
    """Return where the trip ended, and how long the slowest answer of ours took."""
    traveller = Traveller()
    landed = traveller.open(f"{site.url}/oauth/{way[0]}_{way[1]}")
    return landed.url.partition("/login")[1:], traveller.slowest


def test_every_way_ends_in_time_while_others_are_served(site):
    with ThreadPoolExecutor(len(WAYS) + KNOCKS) as crowd:
        under_way = [crowd.submit(travel, site, way) for way in WAYS]
        knocks = [crowd.submit(travel, site, HANGING) for _ in range(KNOCKS)]
        time.sleep(3)  # by now whoever hangs does
        begun = time.monotonic()
        connection = HTTPConnection("127.0.0.1", site.port, timeout=5)
        connection.request("GET", "/login")
        assert connection.getresponse().status == 200
        connection.close()
        others_waited = time.monotonic() - begun
        waited = [each.result(60)[1] for each in knocks]
        ended = {way: each.result(60) for way, each in zip(WAYS, under_way, strict=True)}

    assert {way for way, (end, _) in ended.items() if "".join(end) != FAILED} == set()
    assert others_waited < 5
    assert {took for _, took in ended.values() if took > LONGEST + 5} == set()
    assert max(waited) <= LONGEST + 5


def test_nobody_hears_of_it_but_the_log(site):
    assert "Traceback" not in site.log_text()
    assert CLIENT_SECRET not in site.log_text()

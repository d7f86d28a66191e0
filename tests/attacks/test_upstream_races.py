"""
Answers of a provider that come back many times at the same moment: one session each, one account for one person.

Law: RFC 9700 §2.1.1 (what belongs to one transaction is used once).
"""

from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select

from identity_service.sessions.tables import Session
from identity_service.upstream.tables import IdentityLink
from tests.attacks.crowd import UNLIMITED, Ask, all_at_once, behind
from tests.journeys.traveller import Traveller
from tests.servers.openid_provider import OPEN
from tests.servers.social import CLIENT_ID, CLIENT_SECRET, Account, Social

CROWD = 12


@pytest.fixture(scope="module")
def social():
    with Social() as social:
        yield social


@pytest.fixture(scope="module")
def site(identity_server, social):
    github = {
        "GITHUB_CLIENT_ID": CLIENT_ID,
        "GITHUB_CLIENT_SECRET": CLIENT_SECRET,
        "GITHUB_ENTERPRISE_BASE_URL": f"{social.url}/github",
    }
    return identity_server(environment={**UNLIMITED, **OPEN, **github})


def account(number):
    """Return somebody new, whose address is verified."""
    email = f"number{number}@example.org"
    listed = [{"email": email, "verified": True, "primary": True, "visibility": None}]
    return Account({"id": number, "login": f"number{number}", "name": None, "email": None}, listed)


def answer_of_a_trip(site):
    """Go to the provider, and return the request that its answer would be."""
    traveller = Traveller(halt="/callback?")
    parts = urlsplit(traveller.open(f"{site.url}/oauth/github").url)
    cookie = "; ".join(f"{name}={each.value}" for name, each in traveller.cookies[site.url].items())
    return Ask("GET", f"{parts.path}?{parts.query}", headers={"Cookie": cookie})


def is_in(answer):
    return answer.status in {302, 303} and "refreshToken=" in answer.headers.get("set-cookie", "")


def count(site, what):
    with behind(site) as services:
        return services.database.first(select(func.count()).select_from(what))[0]


def test_one_answer_many_times_is_one_session(site, social):
    social.account = account(1)
    sessions = count(site, Session)
    answers = all_at_once(site, [answer_of_a_trip(site)] * CROWD)

    assert sum(map(is_in, answers)) == 1
    assert {answer.status for answer in answers} <= {302, 303}
    assert count(site, Session) == sessions + 1


def test_one_newcomer_in_many_browsers_is_one_account(site, social):
    social.account = account(2)
    links = count(site, IdentityLink)
    answers = all_at_once(site, [answer_of_a_trip(site) for _ in range(CROWD)])

    assert [answer.status for answer in answers if not is_in(answer)] == []
    assert count(site, IdentityLink) == links + 1
    with behind(site) as services:
        assert [each.email for each in services.capabilities.users.page()].count("number2@example.org") == 1

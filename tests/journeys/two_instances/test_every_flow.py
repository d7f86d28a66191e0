"""
Every flow goes to and fro between two instances: of two requests that follow each other, each answers one.

A browser, an application and a back end take turns in that, too: whatever one instance has learned, the other knows.
"""

import re
import time
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.attacks.crowd import PASSWORD, Ask, login, refresh
from tests.attacks.outside import CALLBACK
from tests.journeys.relying_party import LANDING
from tests.journeys.two_instances.conftest import FEW

FELT_WITHIN = 1.0
NEW_PASSWORD = "another long phrase of mine"
_LINK = re.compile(r"http://127\.0\.0\.1:\d+/\S+")


@pytest.fixture(autouse=True)
def _to_and_fro(front):
    """See in their logs that they have taken turns."""
    before = front.answers()
    yield
    one, other = (now - then for now, then in zip(front.answers(), before, strict=True))
    assert one >= 2
    assert one - other in {0, 1}


def leading_to(page, action):
    """Return the form of *page* that leads to *action*."""
    return next(form for form in page.forms if form.action == action)


def sign_in(front, traveller, email, password=PASSWORD):
    """Sign in at our page; return where that leads."""
    page = traveller.open(f"{front.url}/login")
    return traveller.send(page, leading_to(page, "/login"), email=email, password=password)


def link(front, email, subject):
    """Return where the one letter with this *subject* to *email* leads."""
    (letter,) = front.mail.letters(email, subject)
    return _LINK.search(letter.part("plain")).group()


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def felt(in_turn, asked, status):
    """Wait until both instances answer with *status*, which is soon."""
    began, agreed = time.monotonic(), 0
    while agreed < 2:
        assert time.monotonic() - began < FELT_WITHIN, asked
        agreed = agreed + 1 if in_turn.ask(asked).status == status else 0


def test_signing_up_with_a_letter_and_its_confirmation(front, traveller):
    email = "newcomer@example.org"
    asked = traveller.send(traveller.open(f"{front.url}/register"), name="Ada", email=email, password=PASSWORD)
    assert "check your email" in asked.text
    too_early = sign_in(front, traveller, email)
    assert (too_early.status, too_early.path) == (422, "/login")
    proven = traveller.send(traveller.open(link(front, email, "Verify your email address")))
    assert "your address is verified" in proven.text

    assert sign_in(front, traveller, email).path == "/account"
    assert len(front.mail.letters(email, "Verify your email address")) == 1


def test_a_new_password_by_letter(front, in_turn):
    email = front.knows("forgetful@example.org")
    before = in_turn.ask(login(email))
    assert in_turn.ask(Ask("POST", "/api/auth/requestPasswordReset", {"email": email})).status == 200
    carried = parse_qs(urlsplit(link(front, email, "Reset your password")).query)
    told = {"userId": carried["userId"][0], "token": carried["token"][0], "password": NEW_PASSWORD}
    chosen = [in_turn.ask(Ask("POST", "/api/auth/resetPassword", told)).status for _ in range(2)]

    assert chosen == [200, 400]
    assert not in_turn.ask(refresh(before.refresh_token)).refresh_token
    assert [in_turn.ask(login(email, each)).status for each in (PASSWORD, NEW_PASSWORD)] == [404, 200]


def test_signing_in_with_an_account_elsewhere(front, in_turn, traveller):
    """The one instance sends the browser away, and it comes back to the other."""
    people = []
    for _ in range(2):
        landed = traveller.send(traveller.open(f"{front.url}/oauth/openid"), login="grace")
        assert (landed.path, "grace@example.org" in landed.text) == ("/account", True)
        token = traveller.cookies[front.url]["refreshToken"].value
        people.append(in_turn.ask(refresh(token)).json["user"]["_id"])
        traveller.cookies.clear()

    assert people[0] == people[1]


def test_an_application_signs_somebody_in_and_out(front, in_turn, traveller, application):
    email = front.knows("will@example.org")
    traveller.halt = f"{CALLBACK}?"
    page = traveller.open(f"{front.url}/oauth2/authorize?{urlencode(application.request('openid email'))}")
    page = traveller.send(page, leading_to(page, "/login"), email=email, password=PASSWORD)
    assert page.path == "/consent"
    back = traveller.send(page, decision="allow", remember="yes")
    granted = in_turn.ask(application.redeeming(parse_qs(urlsplit(back.url).query)["code"][0])).json
    who = Ask("GET", "/oauth2/userinfo", headers=bearer(granted["access_token"]))
    assert in_turn.ask(who).json["email"] == email
    renewed = in_turn.ask(application.refreshing(granted["refresh_token"])).json
    assert in_turn.ask(application.introspecting(renewed["access_token"])).json["active"] is True
    leaving = {"id_token_hint": granted["id_token"], "post_logout_redirect_uri": LANDING}
    traveller.halt = LANDING

    assert traveller.open(f"{front.url}/oauth2/logout?{urlencode(leaving)}").url == LANDING
    assert application.is_dead(in_turn, renewed)
    assert application.is_dead(in_turn, renewed)
    assert traveller.open(f"{front.url}/account").path == "/login"


def test_bans(front, in_turn, application):
    """Of a person, and of an address."""
    person, address = {"email": front.knows("abuser@example.org")}, {"address": "198.51.100.77"}
    session = in_turn.ask(login(person["email"]))
    looks = Ask("GET", "/v1/forward-auth", headers=bearer(session.json["token"]))
    comes = Ask("POST", "/api/auth/login", {"email": "nobody@example.org", "password": PASSWORD})
    from_there = comes._replace(headers={"X-Forwarded-For": address["address"]})
    proof = application.introspecting("").headers
    felt(in_turn, looks, 204)
    felt(in_turn, from_there, 404)

    for holder in (person, address):
        assert in_turn.ask(Ask("POST", "/v1/bans", {**holder, "minutes": 5}, proof)).status == 201
    felt(in_turn, looks, 403)
    felt(in_turn, login(person["email"]), 403)
    felt(in_turn, from_there, 403)
    assert in_turn.ask(application.introspecting(session.json["token"])).json == {"active": False}
    assert in_turn.ask(comes).status == 404
    for holder in (person, address):
        assert in_turn.ask(Ask("DELETE", f"/v1/bans?{urlencode(holder)}", headers=proof)).status == 200
    felt(in_turn, from_there, 404)
    assert in_turn.ask(login(person["email"])).status == 200


def test_tries_are_counted_together(in_turn):
    """The interface at one instance, and the page at the other; somebody at another address has tries of their own."""
    told = {"userId": "0" * 24, "token": "guessed", "password": NEW_PASSWORD}
    asks = (Ask("POST", "/api/auth/resetPassword", told), Ask("POST", "/reset-password", urlencode(told)))

    def tries(address, count):
        place = {"X-Forwarded-For": address, "Sec-Fetch-Site": "same-origin"}
        return [in_turn.ask(asks[number % 2]._replace(headers=place)).status for number in range(count)]

    assert tries("198.51.100.78", FEW + 2) == [400, 422] * (FEW // 2) + [429, 429]
    assert tries("198.51.100.79", 2) == [400, 422]


def test_the_account_page(front, in_turn, traveller, application):
    """Devices, what an application may know, the address, and the end."""
    email = front.knows("lena@example.org")
    elsewhere = in_turn.ask(login(email))
    account = sign_in(front, traveller, email)
    account = traveller.send(account, leading_to(account, "/account/sign-out-others"))
    assert account.text.count("last seen") == 1
    assert not in_turn.ask(refresh(elsewhere.refresh_token)).refresh_token

    traveller.halt = f"{CALLBACK}?"
    page = traveller.open(f"{front.url}/oauth2/authorize?{urlencode(application.request())}")
    back = traveller.send(page, decision="allow", remember="yes")
    granted = in_turn.ask(application.redeeming(parse_qs(urlsplit(back.url).query)["code"][0])).json
    account = traveller.open(f"{front.url}/account")
    account = traveller.send(account, leading_to(account, "/account/consents/withdraw"))
    assert "Wiki" not in account.text
    assert application.is_dead(in_turn, granted)

    page = traveller.open(f"{front.url}/account/email")
    traveller.send(page, email="lena@example.com", password=PASSWORD)
    traveller.send(traveller.open(link(front, "lena@example.com", "Confirm your new email address")))
    account = traveller.open(f"{front.url}/account")
    assert "lena@example.com" in account.text
    page = traveller.open(f"{front.url}/account/close")
    traveller.send(page, email="lena@example.com")
    assert [in_turn.ask(login("lena@example.com")).status for _ in range(2)] == [404, 404]

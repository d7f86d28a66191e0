"""
Two instances on one PostgreSQL and one Redis behind nginx, as compose.replicas.yaml has them; nobody notices that.

Each request goes to whichever instance has room. One after the other is restarted while people go on.
"""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPException

from tests.attacks.crowd import Ask, Wire, login, refresh
from tests.attacks.outside import Browser
from tests.journeys.two_instances.conftest import FEW, FOUNDERS, Front

FELT_WITHIN = 1.0
BELIEVED_AWAY = 2.0
"""Seconds after which the proxy certainly asks an instance again that was away: twice its fail_timeout."""

PEOPLE = 3
PAUSE = 0.05


def bearer(answer):
    return {"Authorization": f"Bearer {answer.json['token']}"}


def arrived(front, wire, email):
    """Let somebody have an account, and sign in over *wire*."""
    return wire.ask(login(front.knows(email)))


def test_a_day_is_spent_on_both_without_noticing(front, wire):
    before = front.answers()
    answer = arrived(front, wire, "ada@example.org")
    for _ in range(20):
        answer = wire.ask(refresh(answer.refresh_token))
        assert answer.status == 200, answer.text
        assert wire.ask(Ask("GET", "/api/user", headers=bearer(answer))).status == 200

    assert all(now > then for now, then in zip(front.answers(), before, strict=True))


def test_of_those_who_came_first_to_each_one_is_administrator_of_both(front):
    roles = [front.services.capabilities.users.by_email(email).role for email in FOUNDERS]

    assert sorted(roles) == ["ADMIN", "USER"]


def test_both_publish_the_same_keys_and_the_same_discovery(wires):
    for path in ("/.well-known/jwks.json", "/.well-known/openid-configuration", "/api/config"):
        first, second = (each.ask(Ask("GET", path)).text for each in wires)
        assert first == second


def test_an_old_token_comes_back_to_the_other_instance(front, wires):
    """Within the leeway it gets the same successor there, byte for byte."""
    one, other = wires
    begun = arrived(front, one, "leeway@example.org")
    first = one.ask(refresh(begun.refresh_token))
    again = other.ask(refresh(begun.refresh_token))

    assert (first.status, again.status) == (200, 200)
    assert first.refresh_token == again.refresh_token


def test_a_code_from_one_is_redeemed_at_the_other_and_only_once(front, wires, application):
    one, other = wires
    arrived(front, one, "code@example.org")
    browser = Browser.signed_in(front.instances[0], one, login("code@example.org"))
    away = Browser(front, other, browser.cookies)  # the very same browser, at the other instance
    code = application.code(away)
    granted = one.ask(application.redeeming(code))
    assert granted.status == 200, granted.text

    assert other.ask(application.introspecting(granted.json["access_token"])).json["active"] is True
    assert other.ask(application.redeeming(code)).status == 400
    assert one.ask(application.introspecting(granted.json["access_token"])).json == {"active": False}


def test_a_sign_out_at_one_is_felt_at_the_other_within_a_second(front, wires, application):
    one, other = wires
    answer = arrived(front, one, "gone@example.org")
    asks = (
        Ask("GET", "/api/user", headers=bearer(answer)),
        Ask("GET", "/v1/forward-auth", headers=bearer(answer)),
        application.introspecting(answer.json["token"]),
        refresh(answer.refresh_token),
    )
    assert [other.ask(asked).status for asked in asks[:3]] == [200, 204, 200]  # whatever is kept, is kept now
    one.ask(Ask("POST", "/api/auth/logout", headers={"Cookie": f"refreshToken={answer.refresh_token}"}))
    ended = time.monotonic()
    while other.ask(asks[0]).status != 401:
        assert time.monotonic() - ended < FELT_WITHIN

    assert [other.ask(asked).status for asked in asks[:2]] == [401, 401]
    assert other.ask(asks[2]).json == {"active": False}
    assert not other.ask(asks[3]).refresh_token


def test_what_was_counted_at_one_counts_at_the_other(wires):
    """Whoever asks both has no more tries than at one."""
    asked = Ask("POST", "/api/user/verify/resend", {"email": "nobody@example.org"})
    statuses = [wires[number % 2].ask(asked).status for number in range(FEW + 2)]

    assert statuses == [200] * FEW + [429, 429]


def test_a_key_that_takes_over_is_known_to_both_at_once(front, wires):
    published = Ask("GET", "/.well-known/jwks.json")
    before = [len(each.ask(published).json["keys"]) for each in wires]
    told = front.instances[0].run("rotate-keys", "--json")
    assert told.returncode == 0, told.stderr
    until = time.monotonic() + 5
    while True:
        first, second = (each.ask(published).json["keys"] for each in wires)
        if len(first) == len(second) == 6:
            break
        assert time.monotonic() < until

    assert first == second
    assert before == [4, 4]


@dataclass
class Visitor:
    """Somebody who goes on whatever happens behind the proxy, and counts the answers."""

    front: Front
    email: str
    told: Counter = field(default_factory=Counter)

    def go_on(self, stop: threading.Event) -> None:
        """Sign in, look, refresh, sign out; again and again, on a new connection each time."""
        while not stop.is_set():
            with closing(Wire(self.front)) as wire:
                answer = self._ask(wire, login(self.email))
                for _ in range(5):
                    stop.wait(PAUSE)
                    self._ask(wire, Ask("GET", "/api/user", headers=bearer(answer)))
                    answer = self._ask(wire, refresh(answer.refresh_token))
                cookie = {"Cookie": f"refreshToken={answer.refresh_token}"}
                self._ask(wire, Ask("POST", "/api/auth/logout", headers=cookie))

    def _ask(self, wire: Wire, asked: Ask):
        try:
            answer = wire.ask(asked)
        except (OSError, HTTPException) as fault:
            self.told[f"{asked.path} {fault!r}"] += 1
            raise
        self.told[answer.status if answer.status == 200 else f"{asked.path} {answer.status} {answer.text}"] += 1
        return answer


def test_a_rolling_restart_drops_nothing(front):
    visitors = [Visitor(front, f"visitor{number}@example.org") for number in range(PEOPLE)]
    for each in visitors:
        front.knows(each.email)
    stop = threading.Event()
    with ThreadPoolExecutor(PEOPLE) as crowd:
        going = [crowd.submit(each.go_on, stop) for each in visitors]
        try:
            for instance in front.instances:
                threading.Event().wait(BELIEVED_AWAY)
                instance.halt()
                instance.start()
        finally:
            stop.set()
    told = sum((each.told for each in visitors), Counter())

    assert [each.exception() for each in going] == [None] * PEOPLE, (told, front.nginx.log_text()[-3000:])
    assert set(told) == {200}
    assert told[200] > 50
    assert not any("Traceback" in each.log_text() for each in front.instances)

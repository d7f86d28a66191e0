"""
Twenty changes of the signing keys while tokens are issued: whoever caches the key set meets no unknown key.

The verifiers keep the set for as long as they may and never ask before that; they verify with a library of their own.
Law: OpenID Connect Core 1.0 §10.1.1 (rotation), RFC 7517 §5, RFC 9111 §5.2.2.1 (max-age).
"""

import json
import random
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from identity_service.foundation.clock import Clock, SystemClock, to_seconds
from tests.attacks.crowd import UNLIMITED, Answer, Ask, Wire, behind, login, refresh, registration
from tests.attacks.outside import CALLBACK, Application, Browser, Crowd
from tests.conftest import ON_POSTGRES
from tests.fakes.tokens import claims_of, header_of
from tests.journeys.steered import SteeredClock, prepared
from tests.servers.identity import IdentityServer

CHANGES = 20
COMMANDS = 6
VERIFIERS = 5
STEPS = [timedelta(seconds=each) for each in (0.2, 0.9, 17, 41, 53, 61)]
JWKS = Ask("GET", "/.well-known/jwks.json")


@dataclass
class Verifier:
    """A back end that has the key set for as long as the answer says, and never asks before that."""

    wire: Wire
    clock: Clock
    fetched: list[datetime] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    _keys: KeySet | None = None
    _fresh_until: datetime | None = None

    def verify(self, token: str) -> None:
        """Verify *token*; what goes wrong is a failure to be counted."""
        try:
            decoded = jwt.decode(token, self._known(), algorithms=["ES256", "RS256"])
        except (JoseError, ValueError) as why:
            self.failures.append(f"{header_of(token)}: {why!r}")
            return
        if decoded.claims["exp"] <= to_seconds(self.clock.now()):
            self.failures.append(f"{header_of(token)}: has expired")

    def _known(self) -> KeySet:
        now = self.clock.now()
        if self._keys is None or self._fresh_until is None or now >= self._fresh_until:
            answer = self.wire.ask(JWKS)
            self._keys = KeySet.import_key_set(answer.json)
            max_age = int(re.fullmatch(r"public, max-age=(\d+)", answer.headers["cache-control"])[1])
            self._fresh_until = now + timedelta(seconds=max_age)
            self.fetched.append(now)
        return self._keys


@dataclass
class Issuer:
    """Somebody who is given new tokens again and again, each time for what the answer before left behind."""

    asked: Ask
    application: Application | None = None

    def taken(self, answer: Answer) -> list[str]:
        """Return the tokens of an answer, and remember what is asked next time."""
        assert answer.status == 200, answer.text
        if self.application is None:  # our own pages
            self.asked = refresh(answer.refresh_token)
            return [answer.json["token"]]
        if "refresh_token" in answer.json:
            self.asked = self.application.refreshing(answer.json["refresh_token"])
        return [answer.json[kind] for kind in ("access_token", "id_token") if kind in answer.json]


def issuers(server: IdentityServer, services, wire: Wire) -> list[Issuer]:
    """Return one of each kind: ID tokens of both algorithms, and access tokens of people, pages and clients."""
    wire.ask(registration("ada@example.org"))
    browser = Browser.signed_in(server, wire, login("ada@example.org"))
    own = wire.ask(login("ada@example.org")).refresh_token
    made = [Issuer(refresh(own))]
    for algorithm in ("RS256", "ES256"):
        told = {"is_trusted": True, "grant_types": ["authorization_code", "refresh_token", "client_credentials"]}
        told |= {"id_token_signed_response_alg": algorithm}
        client, secret = services.administer.create_client(algorithm, (CALLBACK,), told)
        application = Application(client.client_id, secret)
        granted = wire.ask(application.redeeming(application.code(browser))).json
        made.append(Issuer(application.refreshing(granted["refresh_token"]), application))
    form = urlencode({"grant_type": "client_credentials", "client_id": application.client_id, "client_secret": secret})
    return [*made, Issuer(Ask("POST", "/oauth2/token", form), application)]


class Story:
    """What happened in twenty changes of the keys."""

    def __init__(self, server: IdentityServer, services, clock: SteeredClock, stack: ExitStack) -> None:
        """Sign somebody in, register applications, and let the verifiers connect."""
        self._services = services
        self._clock = clock
        self.wires = [stack.enter_context(closing(Wire(server))) for _ in range(VERIFIERS + 1)]
        self.verifiers = [Verifier(wire, clock) for wire in self.wires[1:]]
        self.issuers = issuers(server, services, self.wires[0])
        self._crowd = stack.enter_context(Crowd(server, len(self.issuers)))
        self.first_published: dict[str, datetime] = {}
        self.first_used: dict[str, datetime] = {}
        self.alive: list[str] = []
        self.began = clock.now()

    def tell(self) -> None:
        """Let the keys change, one after the other, as soon as may be; and time pass until each has signed."""
        chance = random.Random(20)  # noqa: S311 - so that every run is the same
        self.round()
        self._clock.advance(STEPS[0])
        for change in range(CHANGES):
            planned = self._services.administer.rotate_keys()
            if change % 5 == 3:
                self._services.administer.rotate_keys()  # somebody is impatient
            due = max(each.active_from for each in planned)
            self._clock.advance(timedelta(seconds=1))  # by then every worker has looked
            self.round()
            while self._clock.now() <= due:
                self._clock.advance(min(chance.choice(STEPS), max(due - self._clock.now(), STEPS[0])))
                self.round()

    def round(self) -> None:
        """Issue a token of every kind at once, and have every one verified by everybody."""
        now = self._clock.now()
        for key in self.wires[0].ask(JWKS).json["keys"]:
            self.first_published.setdefault(key["kid"], now)
        answers = self._crowd.ask([issuer.asked for issuer in self.issuers])
        new = [token for issuer, answer in zip(self.issuers, answers, strict=True) for token in issuer.taken(answer)]
        self.alive = [token for token in self.alive if claims_of(token)["exp"] > to_seconds(now)]
        for token in new:
            self.first_used.setdefault(header_of(token)["kid"], now)
        # They begin one after the other, so that their caches grow old at different times.
        begun = self.verifiers[: 1 + len(self.first_used) // 2]
        for verifier in begun:
            for token in (*new, *self.alive[:: max(1, len(self.alive) // 2)]):
                verifier.verify(token)
        self.alive += new

    def still_active(self) -> list[bool]:
        """Ask the service itself about every access token that has not expired."""
        application = self.issuers[1].application
        asked = [token for token in self.alive if header_of(token)["typ"] == "at+jwt"]
        return [self.wires[0].ask(application.introspecting(token)).json["active"] for token in asked]


@pytest.fixture(scope="module")
def story(request) -> Iterator[Story]:
    url = request.getfixturevalue("postgres").create_database(empty=True) if ON_POSTGRES else None
    server = IdentityServer(
        database_url=url, environment=UNLIMITED, application="tests.journeys.steered_server:application"
    )
    clock = SteeredClock(server.folder)
    services = prepared(server.folder, clock)
    try:
        server.start()
        with ExitStack() as stack:
            told = Story(server, services, clock, stack)
            told.tell()
            yield told
    finally:
        services.database.release()
        server.stop()


def test_each_algorithm_was_signed_with_by_a_new_key_twenty_times(story):
    by_kid = {key["kid"]: key["alg"] for key in story.wires[0].ask(JWKS).json["keys"]}

    assert len(story.first_used) == 2 * (CHANGES + 1)
    assert len(by_kid) < len(story.first_used), "what can have signed nothing alive is published no more"


def test_no_verification_failed(story):
    assert [failure for verifier in story.verifiers for failure in verifier.failures] == []


def test_no_verifier_asked_before_its_key_set_had_grown_old(story):
    for verifier in story.verifiers:
        pauses = [later - earlier for earlier, later in zip(verifier.fetched, verifier.fetched[1:], strict=False)]
        assert min(pauses) >= timedelta(minutes=5)


def test_every_key_was_published_for_the_life_of_a_cache_before_it_first_signed(story):
    hasty = {
        kid: used - story.first_published[kid]
        for kid, used in story.first_used.items()
        if story.first_published[kid] > story.began and used - story.first_published[kid] < timedelta(minutes=5)
    }

    assert hasty == {}


def test_what_was_signed_with_a_key_of_before_is_good_at_the_service_itself(story):
    answers = story.still_active()

    assert len(answers) > 10
    assert all(answers)


def test_twenty_operators_rotate_while_tokens_are_issued(identity_server):
    """Four at a time, beside a service under load; only one change can come before caches grow old."""
    server = identity_server(environment=UNLIMITED)
    stop = threading.Event()
    with behind(server) as services, ExitStack() as stack:
        wires = [stack.enter_context(closing(Wire(server))) for _ in range(4)]
        loads = [
            (issuer, wire, Verifier(wire, SystemClock()))
            for issuer, wire in zip(issuers(server, services, wires[0]), wires, strict=True)
        ]
        with ThreadPoolExecutor(len(loads)) as load, ThreadPoolExecutor(4) as operators:
            running = [load.submit(_issue_until, stop, *each) for each in loads]
            commands = [operators.submit(server.run, "rotate-keys", "--json") for _ in range(COMMANDS)]
            for _ in range(CHANGES - COMMANDS):  # a command takes a second, most of it to begin
                services.administer.rotate_keys()
            done = [each.result() for each in commands]
            stop.set()
            issued = [token for each in running for token in each.result()]
        published = {key["kid"] for key in wires[0].ask(JWKS).json["keys"]}

    assert {each.returncode for each in done} == {0}, [each.stderr for each in done if each.returncode]
    assert [failure for *_, verifier in loads for failure in verifier.failures] == []
    assert {len(verifier.fetched) for *_, verifier in loads} == {1}
    used = {header_of(token)["kid"] for token in issued}
    assert len(used) == 4, "of each algorithm the first key, and the one that was published beside it"
    planned = {plan["kid"] for each in done for plan in json.loads(each.stdout)}
    assert used | planned <= published
    assert len(published) == 8, "whoever finds a plan leaves it alone"


def _issue_until(stop: threading.Event, issuer: Issuer, wire: Wire, verifier: Verifier) -> list[str]:
    issued = []
    while not stop.is_set():
        for token in issuer.taken(wire.ask(issuer.asked)):
            verifier.verify(token)
            issued.append(token)
        stop.wait(0.02)  # the operators want to get on, too
    return issued

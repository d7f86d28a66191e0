"""OpenID Connect Back-Channel Logout 1.0 §2.1 to §2.5 and §2.8: what a party is told when a session ends, and how."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.conformance.ear import listening
from tests.conformance.party import Somebody
from tests.fakes.clock import START
from tests.fakes.tokens import claims_of

EVENT = "http://schemas.openid.net/event/backchannel-logout"
NOW = int(START.timestamp())


@pytest.fixture
def ear():
    """The place where a party listens."""
    with listening() as opened:
        yield opened


@pytest.fixture
def deliver(services) -> Callable[[], None]:
    """Let the deliveries that are due be made, now; in a running service a thread of its own does that."""
    (task,) = (each for each in services.rounds._tasks if each.__qualname__.startswith("BackChannel"))
    return task


@pytest.fixture
def end(browser):
    """Sign Ada out of the provider."""
    return lambda: browser.submit(browser.open("/account"), "/logout")


@pytest.fixture
def told_of(register, browser, ear, deliver, end):
    """Let a party, registered with *metadata*, be told of the end of a session of Ada's."""

    def of(algorithm="RS256", **metadata):
        party = register("Told", backchannel_logout_uri=ear.url, **metadata)
        tokens = party.sign_in(browser)
        end()
        deliver()
        (heard,) = ear.heard
        return party, tokens, party.verified(heard.token, algorithm)

    return of


def test_the_token_is_sent_in_a_form_by_post(told_of, ear):
    """§2.5."""
    told_of()
    (heard,) = ear.heard

    assert heard.headers["content-type"] == "application/x-www-form-urlencoded"
    assert (set(heard.form), len(heard.form["logout_token"])) == ({"logout_token"}, 1)
    assert not {"cookie", "authorization"} & heard.headers.keys()


def test_it_says_who_ended_which_session_of_whom(told_of, ada):
    """§2.4."""
    party, tokens, signed = told_of()

    assert signed.claims["iss"] == party.metadata["issuer"]
    assert signed.claims["aud"] in (party.client_id, [party.client_id])
    assert signed.claims["sub"] == claims_of(tokens["id_token"])["sub"] == ada.id
    assert signed.claims["sid"] == claims_of(tokens["id_token"])["sid"]
    assert signed.claims["iat"] == NOW
    assert NOW < signed.claims["exp"] <= NOW + 120
    assert signed.claims["jti"]
    assert signed.claims["events"] == {EVENT: {}}


def test_it_has_no_nonce_so_that_it_passes_for_no_id_token(told_of):
    _, tokens, signed = told_of()

    assert not {"nonce", "at_hash", "auth_time", "acr", "amr"} & signed.claims.keys()
    assert "nonce" in claims_of(tokens["id_token"])
    assert signed.header["typ"] == "logout+jwt"


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_it_is_signed_as_the_id_tokens_of_the_party_are(told_of, algorithm):
    """§2.4, and §2.6 where the party looks."""
    _, _, signed = told_of(algorithm, id_token_signed_response_alg=algorithm)

    assert signed.header["alg"] == algorithm


def test_a_party_that_wants_the_session_named_has_it_named(told_of):
    """§2.2, `backchannel_logout_session_required`; it is named for everybody."""
    _, tokens, signed = told_of(backchannel_logout_session_required=True)

    assert signed.claims["sid"] == claims_of(tokens["id_token"])["sid"]


def test_the_query_of_the_registered_address_stays(register, browser, ear, deliver, end):
    """§2.2."""
    register(backchannel_logout_uri=f"{ear.url}logout?tenant=a").sign_in(browser)
    end()
    deliver()

    assert [heard.path for heard in ear.heard] == ["/logout?tenant=a"]


def test_every_token_has_a_name_of_its_own(register, browser, ear, deliver, end):
    """§2.4, `jti`; and every session of a party is told of."""
    party = register("Told", backchannel_logout_uri=ear.url)
    sessions = {claims_of(party.sign_in(browser)["id_token"])["sid"] for _ in range(2)}
    end()
    deliver()
    tokens = [party.verified(heard.token).claims for heard in ear.heard]

    assert len({token["jti"] for token in tokens}) == 2
    assert {token["sid"] for token in tokens} == sessions


@pytest.mark.parametrize(("status", "waits"), [(200, 0), (204, 0), (400, 1), (404, 1), (500, 1)])
def test_a_party_has_heard_when_it_says_so(register, browser, ear, deliver, end, deliveries, status, waits):
    """§2.8."""
    ear.statuses = [status]
    register(backchannel_logout_uri=ear.url).sign_in(browser)
    end()
    deliver()

    assert (len(ear.heard), len(deliveries())) == (1, waits)


def test_a_party_that_did_not_hear_is_told_again(register, browser, ear, deliver, end, deliveries, clock):
    """With a token that has not expired meanwhile."""
    ear.statuses = [503, 200]
    party = register(backchannel_logout_uri=ear.url)
    party.sign_in(browser)
    end()
    deliver()
    assert (len(ear.heard), len(deliveries())) == (1, 1)
    clock.advance(timedelta(minutes=1))
    deliver()
    first, second = (party.verified(heard.token).claims for heard in ear.heard)

    assert deliveries() == []
    assert (first["sid"], first["iat"] + 60) == (second["sid"], second["iat"])


def test_a_redirect_is_not_followed(register, browser, ear, deliver, end, deliveries):
    ear.statuses, ear.headers = [307], {"Location": f"{ear.url}elsewhere"}
    register(backchannel_logout_uri=ear.url).sign_in(browser)
    end()
    deliver()

    assert ([heard.path for heard in ear.heard], len(deliveries())) == (["/"], 1)


def test_the_sign_out_does_not_wait_for_the_parties(register, browser, ear, end):
    """A party that is slow, or gone, holds nobody up: it is told afterwards."""
    party = register(backchannel_logout_uri=ear.url)
    party.authorize(browser, Somebody(remember="yes"))
    party.sign_in(browser)

    assert end().request.path == "/login"
    assert ear.heard == []
    assert party.authorize(browser, prompt="none").parameters["error"] == "login_required"


def test_a_logout_token_is_no_hint_and_no_access_token(told_of, browser, ear):
    party, _, _ = told_of()
    token = ear.heard[0].token
    id_token = party.sign_in(browser)["id_token"]

    assert party.userinfo(token).status_code == 401
    assert party.authorize(browser, id_token_hint=token).parameters["error"] == "invalid_request"
    ways_out = [party.at("end_session_endpoint", {"id_token_hint": hint}) for hint in (token, id_token)]
    assert "Do you want to sign out?" in browser.come(ways_out[0]).text
    assert "You are signed out" in browser.come(ways_out[1]).text


def test_discovery_says_that_it_is_done(party):
    """§2.1."""
    assert party.metadata["backchannel_logout_supported"] is True
    assert party.metadata["backchannel_logout_session_supported"] is True

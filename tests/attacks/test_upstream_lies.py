"""
An OpenID provider that lies, or somebody between it and us, ends at the sign-in page: no session and no account.

The liar is certified code in a process of its own, whose answers are changed just before they leave.
Law: OpenID Connect Core 1.0 §3.1.3.7 and §5.3.2, RFC 9207 §2.4, RFC 8725 §3.1, RFC 9700 §4.4 (mix-up).
"""

import time

import pytest

from tests.attacks.crowd import UNLIMITED, behind
from tests.journeys.traveller import Traveller
from tests.servers.openid_provider import CLIENT_SECRET, OPEN, settings_of, start_issuers
from tests.servers.process import free_port

NOW = int(time.time())
LIES = {
    "the issuer is another": {"idToken": {"claims": {"iss": "https://evil.example"}}},
    "there is no issuer": {"idToken": {"claims": {"iss": None}}},
    "it is for another client": {"idToken": {"claims": {"aud": "another"}}},
    "it is also for another client": {"idToken": {"claims": {"aud": ["the-chat", "another"]}}},
    "it is for us by way of another": {"idToken": {"claims": {"azp": "another"}}},
    "it is for nobody": {"idToken": {"claims": {"aud": []}}},
    "the nonce is another": {"idToken": {"claims": {"nonce": "another"}}},
    "there is no nonce": {"idToken": {"claims": {"nonce": None}}},
    "it has expired": {"idToken": {"claims": {"exp": NOW - 3600}}},
    "it never expires": {"idToken": {"claims": {"exp": None}}},
    "it is from the future": {"idToken": {"claims": {"iat": NOW + 7200, "exp": NOW + 9000}}},
    "nobody knows since when": {"idToken": {"claims": {"iat": None}}},
    "it is about nobody": {"idToken": {"claims": {"sub": None}}},
    "it is about a number": {"idToken": {"claims": {"sub": 7}}},
    "it is signed by a stranger": {"idToken": {"by": "stranger"}},
    "a stranger leaves no name": {"idToken": {"by": "stranger", "header": {"kid": None}}},
    "nobody signed it": {"idToken": {"by": "nobody"}},
    "it is signed with our secret": {"idToken": {"by": "secret"}},
    "it is signed with an unknown key": {"idToken": {"header": {"kid": "unheard of"}}},
    "it is a token of another kind": {"idToken": {"header": {"typ": "at+jwt"}}},
    "userinfo is about somebody else": {"userinfo": {"sub": "mallory"}},
    "userinfo is about nobody": {"userinfo": {"sub": None}},
    "another issuer's answer": {"landing": {"iss": "https://evil.example"}},
    "an answer of nobody's": {"landing": {"iss": None}},
    "another state": {"landing": {"state": "A" * 43}},
    "no state": {"landing": {"state": None}},
    "no code": {"landing": {"code": None}},
    "another code": {"landing": {"code": "A" * 43}},
}
BROKEN = {
    f"{door} answers {manner}": {"answers": {door: manner}}
    for door in ("/token", "/me")
    for manner in ("error", "html", "text", "list", "large", "bomb", "round")
}
GOOD = {
    "as it should be": {},
    "the key has no name in the token": {"idToken": {"header": {"kid": None}}},
    "no key has a name at all": {"jwks": "unnamed", "idToken": {"header": {"kid": None}}},
    "the audience is a list of one": {"idToken": {"claims": {"aud": ["the-chat"], "azp": "the-chat"}}},
    "its clock is a little fast": {"idToken": {"claims": {"iat": NOW + 100}}},
}


@pytest.fixture(scope="module")
def issuers(node):
    """Two providers that do what they are told to."""
    return start_issuers(node, "liar", "impostor")


@pytest.fixture
def liar(issuers):
    """The first of them, which tells the truth again in the beginning."""
    issuers[0].behave()
    return issuers[0]


@pytest.fixture(scope="module")
def site(identity_server, issuers):
    liar, impostor = issuers
    ours = {
        **settings_of("OPENID", liar),
        "OPENID_PROVIDERS": "impostor",
        **settings_of("OPENID_IMPOSTOR", impostor),
        "DOMAIN_CLIENT": f"http://127.0.0.1:{free_port()}",
    }
    server = identity_server(environment={**UNLIMITED, **OPEN, **ours})
    liar.knows(f"{server.url}/oauth/openid/callback")
    impostor.knows(f"{server.url}/oauth/impostor/callback")
    return server


def sign_in(site, login):
    """Go through the whole trip, and return the browser and the address where it ends."""
    traveller = Traveller()
    page = traveller.open(f"{site.url}/oauth/openid")
    assert page.forms, (page, site.log_text()[-2000:])
    return traveller, traveller.send(page, login=login).url


def accounts(site):
    with behind(site) as services:
        return {person.email for person in services.capabilities.users.page()}


def test_no_lie_is_believed(site, liar):
    ended, lies = {}, {**LIES, **BROKEN}
    for number, (name, manners) in enumerate(lies.items()):
        liar.behave(**manners)
        traveller, url = sign_in(site, f"victim{number}")
        ended[name] = (url.partition("/login")[2], traveller.knows(site.url, "refreshToken"))

    assert ended == dict.fromkeys(lies, ("?redirect=false&error=auth_failed", False))
    assert accounts(site) & {f"victim{number}@example.org" for number in range(len(lies))} == set()
    assert "Traceback" not in site.log_text()
    assert CLIENT_SECRET not in site.log_text()


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"issuer": ["http://127.0.0.1"]},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
        {"token_endpoint": "ftp://evil.example/"},
        {"jwks_uri": 7},
    ],
    ids=str,
)
def test_nobody_is_sent_to_an_impostor(site, issuers, document):
    """What it says of itself is heard, and checked, before anybody goes there."""
    issuers[1].behave(discovery=document)
    traveller = Traveller()
    ended = traveller.open(f"{site.url}/oauth/impostor")

    assert ended.url == site.environment["DOMAIN_CLIENT"] + "/login?redirect=false&error=auth_failed"
    assert len(traveller.way) == 2


def test_what_is_unusual_but_true_is_believed(site, liar):
    ended = {}
    for number, (name, manners) in enumerate(GOOD.items()):
        liar.behave(**manners)
        ended[name] = sign_in(site, f"guest{number}")[0].knows(site.url, "refreshToken")

    assert ended == dict.fromkeys(GOOD, True)


def test_made_up_keys_send_nobody_to_the_issuer_more_than_twice_a_minute(site, liar):
    liar.behave()
    sign_in(site, "early")
    before = liar.asked("/jwks")
    liar.behave(idToken={"header": {"kid": "made up"}, "by": "stranger"})
    for number in range(12):
        sign_in(site, f"mallory{number}")

    # Each worker may not have seen the keys yet, and then asks again twice.
    assert liar.asked("/jwks") - before <= 3 * len(site.worker_pids()) < 12

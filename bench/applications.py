"""
What an application does at the OpenID Provider: send people here for a code, redeem it, ask who they are.
"""

import re
from urllib.parse import urlencode

from bench.asking import FORM, Client, exchange, request
from bench.load import Load

CALLBACK = "https://app.example.org/callback"

# RFC 7636 appendix B
_VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
_CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

_CODE = rb"(?i)\r\nlocation: \S+[?&]code=([A-Za-z0-9_-]{43})"
_ANY_CODE = "C" * 43
_ACCESS_TOKEN = rb'"access_token": *"([^"]+)"'


def round_trip(port: int, client: Client, cookies: tuple[str, ...]) -> Load:
    """Return a load in which a browser is sent here and goes back with a code, and the application redeems it."""
    asked = tuple(_authorize(client, cookie) for cookie in cookies)
    # A template has %s where the code belongs, and a form has percent signs of its own.
    template = _redeem(client, _ANY_CODE).replace(b"%", b"%%").replace(_ANY_CODE.encode(), b"%s")
    return Load(port, asked, contains=b'"id_token"', follow=_CODE, then=template)


def client_credentials(port: int, client: Client) -> Load:
    """Return a load in which an application asks for itself."""
    form = urlencode({"grant_type": "client_credentials"})
    asked = request("POST", "/oauth2/token", form, Authorization=client.authorization, **FORM)
    return Load(port, (asked,), contains=b'"access_token"')


def userinfo(port: int, tokens: tuple[str, ...], email: str) -> Load:
    """Return a load that asks whom each of *tokens* stands for."""
    asked = tuple(request("GET", "/oauth2/userinfo", Authorization=f"Bearer {token}") for token in tokens)
    return Load(port, asked, contains=email.encode())


def access_token(port: int, client: Client, cookie: str) -> str:
    """Go one round and return the access token that *client* is given."""
    code = _found(_CODE, exchange(port, _authorize(client, cookie)))
    return _found(_ACCESS_TOKEN, exchange(port, _redeem(client, code)))


def _authorize(client: Client, cookie: str) -> bytes:
    asked = {
        "client_id": client.client_id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "openid profile email",
        "state": "af0ifjsldkj",
        "nonce": "n-0S6_WzA2Mj",
        "code_challenge": _CHALLENGE,
        "code_challenge_method": "S256",
    }
    return request("GET", f"/oauth2/authorize?{urlencode(asked)}", Cookie=cookie)


def _redeem(client: Client, code: str) -> bytes:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": _VERIFIER}
    return request("POST", "/oauth2/token", urlencode(form), Authorization=client.authorization, **FORM)


def _found(pattern: bytes, answer: bytes) -> str:
    found = re.search(pattern, answer)
    if found is None:
        raise RuntimeError(f"an application was answered with {answer[:600]!r}")
    return found[1].decode()

"""
A rehearsal before the fork: an installation in memory goes through what everybody does all day.

CPython learns while it runs. Bytecode grows specific, attributes once looked up are remembered, and all of that is
written beside the code: learnt before the fork it is everybody's, learnt after it each worker has pages of its own for
it, 3 MB, while somebody waits.
Nothing of it stays, neither a row nor a line in the log nor a number in the metrics.
Leaves to others: what an installation loads (app.warm), that it is loaded before the fork (wsgi, and the servers).
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qs, urlsplit

from werkzeug.test import Client, TestResponse

from identity_service.accounts.users import NewPerson
from identity_service.app import create_bare_app, services_of
from identity_service.foundation import logs
from identity_service.foundation.database import Base
from identity_service.foundation.scratch import in_memory
from identity_service.web import limits, metrics
from identity_service.web.express import Express
from identity_service.wiring import Services

#: How often each door is tried; most of what is behind it is called several times each.
TIMES = 2

_PATIENCE = 5.0
"""Seconds to wait for what is done after an answer; it takes milliseconds."""

_EMAIL, _PASSWORD = "ada@example.org", "a password that opens nothing"
_HASH = "$argon2id$v=19$m=20476,t=2,p=1$Juf0PcNmdHH5Uc/lO74Z1w$RqJ9HyFbINOhszJiuKtzfJvl6vzza2IKw8Oki/otgz4"
"""Of that password; to make it would take as long as to go through a dozen doors."""

_ISSUER, _CALLBACK = "http://127.0.0.1:3081", "https://app.example.org/callback"
_ALGORITHM = "ES256"  # an RSA key takes half a second to make
_ASKED = {
    "redirect_uri": _CALLBACK,
    "response_type": "code",
    "scope": "openid profile email",
    "state": "af0ifjsldkj",
    "nonce": "n-0S6_WzA2Mj",
    # RFC 7636 appendix B
    "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    "code_challenge_method": "S256",
}
_VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


def rehearse(log_level: str, place: Path | None = None) -> list[TestResponse]:
    """
    Go through it in a folder of *place*, by default in memory, and log from *log_level* on again.

    Returns:
        What each door answered.
    """
    logs.configure("critical")
    with TemporaryDirectory(prefix="identity-rehearsal-", dir=place or in_memory()) as folder:
        answers = list(_answers(Path(folder)))
    logs.configure(log_level)
    metrics.forget()
    return answers


def _answers(folder: Path) -> Iterator[TestResponse]:
    app = create_bare_app(DATABASE_URL=f"sqlite:///{folder / 'identity.db'}", DOMAIN_SERVER=_ISSUER)
    services = services_of(app)
    Base.metadata.create_all(services.database.engine)
    services.rounds.begin()
    try:
        yield from _doors(services, Client(Express(app.wsgi_app, limits.tries_of(app))))
    finally:
        services.rounds.end(_PATIENCE)
        services.capabilities.passwords.close()
        services.database.release()


def _doors(services: Services, browser: Client) -> Iterator[TestResponse]:
    services.administer.prepare_keys((_ALGORITHM,))
    with services.database.transaction():
        services.capabilities.users.add(NewPerson(_EMAIL, "Ada", "ada", _HASH, email_verified=True))
    details = {"is_trusted": True, "id_token_signed_response_alg": _ALGORITHM}
    client, secret = services.administer.create_client("Rehearsal", (_CALLBACK,), details)
    whose = {"auth": (client.client_id, secret or ""), "base_url": _ISSUER}
    signed_in = browser.post("/api/auth/login", json={"email": _EMAIL, "password": _PASSWORD}, base_url=_ISSUER)
    yield signed_in
    token = signed_in.json["token"]  # type: ignore[index]
    bearer = {"Authorization": f"Bearer {token}"}
    for _ in range(TIMES):
        yield browser.post("/oauth2/introspect", data={"token": token}, **whose)
        yield browser.post("/v1/verify", json={"token": token}, **whose)
        yield browser.get("/v1/forward-auth", headers=bearer, base_url=_ISSUER)
        yield browser.post("/api/auth/refresh", base_url=_ISSUER)
        yield browser.get("/.well-known/jwks.json", base_url=_ISSUER)
        yield browser.post("/oauth2/token", data={"grant_type": "client_credentials"}, **whose)
        asked = browser.get(
            "/oauth2/authorize", query_string={**_ASKED, "client_id": client.client_id}, base_url=_ISSUER
        )
        yield asked
        code = parse_qs(urlsplit(asked.location).query)["code"][0]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": _CALLBACK, "code_verifier": _VERIFIER}
        given = browser.post("/oauth2/token", data=form, **whose)
        yield given
        theirs = {"Authorization": f"Bearer {given.json['access_token']}"}  # type: ignore[index]
        yield browser.get("/oauth2/userinfo", headers=theirs, base_url=_ISSUER)

"""An issuer's word about itself counts only if it is the issuer that was meant."""

import itertools
from datetime import timedelta

import pytest

from identity_service.foundation.outbound import Reason as Why
from identity_service.foundation.outbound import Unreachable
from identity_service.upstream.discovery import Discovery
from identity_service.upstream.provider import NotProven, Reason
from tests.fakes.lines import Scripted
from tests.upstream.conftest import DOCUMENT, ISSUER

AUTHENTIK = "https://authentik.example.org/application/o/chat/"
ENTRA = "https://login.microsoftonline.com"
TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"
CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad"


def document_of(issuer, base=ISSUER, **changed):
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    return {"issuer": issuer, **{name: f"{base}/{name}" for name in names}, **changed}


def ask(clock, configured, document, base=None):
    base = (base or configured).removesuffix("/.well-known/openid-configuration").rstrip("/")
    return Discovery(configured, clock).metadata(Scripted({f"{base}/.well-known/openid-configuration": document}))


@pytest.mark.parametrize("configured", [ISSUER, DOCUMENT, f"{ISSUER}/"])
def test_the_issuer_may_be_configured_by_its_document_or_with_a_slash(clock, configured):
    assert ask(clock, configured, document_of(ISSUER)).issuer == ISSUER


@pytest.mark.parametrize("issuer", ["https://people.eu.auth0.com/", AUTHENTIK])
def test_the_address_of_the_document_means_an_issuer_with_a_slash_too(clock, issuer):
    document = f"{issuer}.well-known/openid-configuration"

    assert ask(clock, document, document_of(issuer, issuer.rstrip("/"))).is_of_issuer(issuer)


def test_a_slash_is_nothing_to_an_issuer_without_a_path_alone(clock):
    bare = "https://people.eu.auth0.com"
    for configured, issuer in itertools.product((bare, f"{bare}/"), repeat=2):
        assert ask(clock, configured, document_of(issuer, bare)).issuer == issuer
    with pytest.raises(NotProven):
        ask(clock, AUTHENTIK.rstrip("/"), document_of(AUTHENTIK, AUTHENTIK.rstrip("/")))


@pytest.mark.parametrize(
    "issuer",
    [f"{ISSUER}/", "https://idp.example.org", ISSUER.upper(), "https://evil.example", "{tenantid}", None, 7, [ISSUER]],
)
def test_another_issuer_is_not_the_one(clock, issuer):
    with pytest.raises(NotProven) as refused:
        ask(clock, ISSUER, document_of(issuer))
    assert refused.value.reason is Reason.UNTRUSTED


@pytest.mark.parametrize(
    ("configured", "issuer", "token_issuer"),
    [
        (f"{ENTRA}/{TENANT}/v2.0/", f"{ENTRA}/{TENANT}/v2.0", f"{ENTRA}/{TENANT}/v2.0"),
        (f"{ENTRA}/common/v2.0", f"{ENTRA}/{{tenantid}}/v2.0", f"{ENTRA}/{TENANT}/v2.0"),
        (f"{ENTRA}/organizations/v2.0/", f"{ENTRA}/{{tenantid}}/v2.0", f"{ENTRA}/{TENANT}/v2.0"),
        (f"{ENTRA}/consumers/v2.0", f"{ENTRA}/{CONSUMERS}/v2.0", f"{ENTRA}/{CONSUMERS}/v2.0"),
    ],
)
def test_entra_with_and_without_a_tenant(clock, configured, issuer, token_issuer):
    found = ask(clock, configured, document_of(issuer, ENTRA))

    assert found.is_of_issuer(token_issuer)
    for other in (f"{ENTRA}//v2.0", f"{ENTRA}/common/v2.0", f"{ENTRA}/{TENANT}x/v2.0", "https://evil.example", None):
        assert not found.is_of_issuer(other)


@pytest.mark.parametrize(
    ("configured", "issuer"),
    [
        (f"{ENTRA}/{TENANT}/v2.0", f"{ENTRA}/{{tenantid}}/v2.0"),
        (f"{ENTRA}/common/v2.0", f"{ENTRA}/{CONSUMERS}/v2.0"),
        (f"{ENTRA}/common/v2.0", "https://evil.example/{tenantid}/v2.0"),
    ],
)
def test_a_template_is_no_licence(clock, configured, issuer):
    with pytest.raises(NotProven):
        ask(clock, configured, document_of(issuer, ENTRA))


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
@pytest.mark.parametrize(
    "address", [None, "", 7, "http://idp.example.org/x", "javascript:alert(1)", "https://[", "x\n"]
)
def test_an_endpoint_that_cannot_be_trusted_ends_it(clock, name, address):
    with pytest.raises(NotProven):
        ask(clock, ISSUER, document_of(ISSUER, **{name: address}))


@pytest.mark.parametrize("name", ["authorization_endpoint", "userinfo_endpoint", "end_session_endpoint"])
def test_an_endpoint_that_nobody_could_keep_is_none(clock, name):
    fits = f"{ISSUER}/".ljust(2048, "x")

    assert getattr(ask(clock, ISSUER, document_of(ISSUER, **{name: fits})), name) == fits
    with pytest.raises(NotProven):
        ask(clock, ISSUER, document_of(ISSUER, **{name: f"{fits}x"}))


def test_an_issuer_without_tls_may_have_endpoints_without(clock):
    plain = "http://127.0.0.1:9000"

    assert ask(clock, plain, document_of(plain, plain)).token_endpoint.startswith(plain)


def test_the_document_is_kept_for_an_hour_and_a_failure_is_not(clock):
    line, discovery = Scripted({DOCUMENT: Unreachable(Why.TIME)}), Discovery(ISSUER, clock)
    with pytest.raises(NotProven) as refused:
        discovery.metadata(line)
    assert refused.value.reason is Reason.SILENT
    line.script[DOCUMENT] = document_of(ISSUER)
    for _ in range(3):
        discovery.metadata(line)
    assert line.count(DOCUMENT) == 2
    clock.advance(timedelta(hours=1))
    discovery.metadata(line)

    assert line.count(DOCUMENT) == 3

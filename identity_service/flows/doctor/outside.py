"""
What the doctor sees from outside: the service under its public name, the proxy before it, and the providers.

It walks in at the front door as everybody does, and compares what it is told there with what is known inside.
Law: OpenID Connect Discovery 1.0 §4.3 (the issuer in the document is the one that was asked).
"""

import json
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from identity_service.flows.doctor.findings import Finding
from identity_service.foundation.opaque import Chance
from identity_service.foundation.outbound import Incoming, Outbound, Outgoing, Reason, Unreachable
from identity_service.foundation.settings import Settings
from identity_service.foundation.settings_kinds import is_this_machine
from identity_service.foundation.settings_openid import DISCOVERY
from identity_service.foundation.settings_upstream import GitHubClient
from identity_service.keys.ring import KeyRing
from identity_service.moderation.sightings import Sightings
from identity_service.moderation.trail import Trail
from identity_service.upstream.discovery import names_of

_OK, _NOT_FOUND, _FAULTS = 200, 404, 500
_STRANGER = "203.0.113.99"
"""An address that nobody has (RFC 5737), claimed to see who is believed."""

_DISCOVERIES = {"google": "https://accounts.google.com", "apple": "https://appleid.apple.com"}
_SITES = {
    "github": "https://api.github.com",
    "discord": "https://discord.com",
    "facebook": "https://graph.facebook.com",
}


@dataclass(frozen=True)
class Outside:
    """Looks at the service as the world sees it."""

    settings: Settings
    outbound: Outbound
    keys: KeyRing
    trail: Trail
    sightings: Sightings
    chance: Chance

    def of_issuer(self) -> Iterator[Finding]:
        """Look whether discovery and the key set, under the public name, are ours."""
        issuer = self.settings.site.issuer
        document = yield from self._document(issuer + DISCOVERY)
        if document is None:
            return
        if document.get("issuer") != issuer:
            yield Finding(
                "issuer_differs",
                f"At {issuer} somebody answers who says to be {str(document.get('issuer'))[:100]}.",
                "Let ISSUER be what the proxy sends to this service, and restart it after a change.",
            )
            return
        found = yield from self._document(str(document.get("jwks_uri")))
        if found is not None and _kids(found) != _kids(json.loads(self.keys.key_set().body)):
            yield Finding(
                "keys_differ",
                "The key set that the world sees is not the one in this database.",
                "See that the proxy leads here, keeps /.well-known/jwks.json no longer than it says,"
                " and that every instance has the same DATABASE_URL.",
            )

    def of_proxy(self) -> Iterator[Finding]:
        """Knock with a wrong password and a false address, and look in the trail for who is said to have been there."""
        hops, site = self.settings.server.trust_proxy, self.settings.site
        if urlsplit(site.domain_server).scheme == "https" and hops == 0:
            yield Finding(
                "proxy_not_trusted",
                "DOMAIN_SERVER is https, so there is a proxy, and TRUST_PROXY is 0: all people have its address.",
                "TRUST_PROXY=1, or as many proxies as there are, one behind the other.",
            )
        if self.sightings.has_seen_any():
            yield from (
                Finding("proxy_doubtful", doubt, "Until then bans of addresses only observe.", "advice")
                for doubt in self.sightings.doubts()
            )
        if not self.settings.registration.email_login:
            return
        answer = self._knock(f"{site.domain_server}/api/auth/login")
        if isinstance(answer, Unreachable):
            yield _not_reached("server_unreachable", site.domain_server, answer, "DOMAIN_SERVER")
        elif answer.status == _NOT_FOUND and _read(answer).get("code") == "wrong_credentials":
            yield from self._judged(answer)

    def of_providers(self) -> Iterator[Finding]:
        """Look whether each provider that people may sign in with is there, and may send them back here."""
        upstream = self.settings.upstream
        if not self.settings.registration.social_login:
            if upstream.clients or upstream.openid:
                yield Finding(
                    "providers_off",
                    "Providers are set up, and nobody can sign in with one: ALLOW_SOCIAL_LOGIN is not true.",
                    "ALLOW_SOCIAL_LOGIN=true",
                    "advice",
                )
            return
        for name, client in upstream.clients.items():
            site = client.enterprise_base_url if isinstance(client, GitHubClient) else None
            if name in _DISCOVERIES:
                yield from self._provider(name, _DISCOVERIES[name])
            elif site or name in _SITES:
                yield from self._found(name, site or _SITES[name])
            yield from self._callback(name, client.callback_url)
        for name, provider in upstream.openid.items():
            if provider.issuer is not None:
                yield from self._provider(name, provider.issuer)
            yield from self._callback(name, provider.callback_url)

    def _judged(self, answer: Incoming) -> Iterator[Finding]:
        addresses = self.trail.addresses_of(answer.headers.get("x-request-id", ""))
        if not addresses:
            yield Finding(
                "leads_elsewhere",
                "Whoever answers at DOMAIN_SERVER does not write into this database.",
                "Let the proxy lead to this service, and give every instance the same DATABASE_URL.",
            )
        elif _STRANGER in addresses:
            yield Finding(
                "proxy_believes_visitors",
                "Visitors can choose the address that they are known by: limits and bans do not hold them.",
                "Lower TRUST_PROXY to the number of proxies, and let the first replace X-Forwarded-For.",
            )

    def _provider(self, name: str, issuer: str) -> Iterator[Finding]:
        address = issuer if DISCOVERY in issuer else issuer.rstrip("/") + DISCOVERY
        answer = yield from self._found(name, address)
        if answer is None:
            return
        told = _read(answer).get("issuer")
        if answer.status != _OK or not told:
            yield Finding("provider_strange", f"{address} answers {answer.status}.", f"Correct the issuer of {name}.")
        elif str(told) not in names_of(issuer):
            yield Finding(
                "provider_issuer_differs",
                f"The provider calls itself {str(told)[:100]}, not {issuer}.",
                f"Write the issuer of {name} exactly so, with or without the slash at its end.",
            )

    def _found(self, name: str, address: str) -> Generator[Finding, None, Incoming | None]:
        try:
            return self.outbound.fetch(Outgoing("GET", address))
        except Unreachable as fault:
            fix = f"See that the address of {name} is right and that this machine may go there"
            private = ", and list it in OUTBOUND_ALLOW_PRIVATE if it is in the house"
            more = private if fault.reason is Reason.PLACE else ""
            yield Finding("provider_unreachable", f"{address}: {fault.reason}.", f"{fix}{more}.")
            return None

    def _callback(self, name: str, path: str) -> Iterator[Finding]:
        address = self.settings.site.domain_server + path
        parts = urlsplit(address)
        if parts.scheme != "https" and not is_this_machine(parts.hostname or ""):
            yield Finding(
                "callback_not_secure",
                f"{name} would send people back to {address}, which is not https.",
                "Write https:// in DOMAIN_SERVER, and register the address anew at the provider.",
            )
        try:
            answer = self.outbound.fetch(Outgoing("GET", address, may_be_private=True))
        except Unreachable as fault:
            yield _not_reached("callback_unreachable", address, fault, "DOMAIN_SERVER")
            return
        if answer.status == _NOT_FOUND or answer.status >= _FAULTS or "x-request-id" not in answer.headers:
            yield Finding(
                "callback_unanswered",
                f"People whom {name} sends back to {address} do not arrive here.",
                "Let the proxy send /oauth/ to this service; its address at the provider must be this very one.",
            )

    def _document(self, address: str) -> Generator[Finding, None, Mapping[str, Any] | None]:
        try:
            answer = self.outbound.fetch(Outgoing("GET", address, may_be_private=True))
        except Unreachable as fault:
            yield _not_reached("issuer_unreachable", address, fault, "ISSUER")
            return None
        if answer.status != _OK or not (told := _read(answer)):
            yield Finding(
                "issuer_not_served",
                f"{address} answers {answer.status} and no document of ours.",
                "Let the proxy send /.well-known/ to this service.",
            )
            return None
        return told

    def _knock(self, address: str) -> Incoming | Unreachable:
        nobody = f"{self.chance.token_bytes(8).hex()}@identity.invalid"
        body = json.dumps({"email": nobody, "password": "the doctor knocks"}).encode()
        headers = {"Content-Type": "application/json", "X-Forwarded-For": _STRANGER}
        try:
            return self.outbound.fetch(Outgoing("POST", address, headers, body, may_be_private=True))
        except Unreachable as fault:
            return fault


def _not_reached(code: str, address: str, fault: Unreachable, setting: str) -> Finding:
    return Finding(
        code,
        f"{address}: {fault.reason}.",
        f"Start the service; see that {setting} is its public address, and that name, certificate and proxy are right.",
    )


def _read(answer: Incoming) -> Mapping[str, Any]:
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _kids(key_set: Mapping[str, Any]) -> set[str]:
    keys = key_set.get("keys")
    return {str(key.get("kid")) for key in keys if isinstance(key, dict)} if isinstance(keys, list) else set()

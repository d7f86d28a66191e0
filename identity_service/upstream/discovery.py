"""
What an OpenID issuer says of itself, believed only if it says that it is the one we were told to trust.

Law: OpenID Connect Discovery 1.0 §4.3 (the issuer must be exactly the configured one), RFC 9207 §2.4.
Source: Microsoft identity platform, whose shared documents name the issuer as a template with `{tenantid}`.
Leaves to others: its keys (key_sets), what its tokens say (id_token).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from identity_service.foundation.clock import Clock
from identity_service.foundation.outbound import Outgoing, Unreachable
from identity_service.foundation.settings_openid import DISCOVERY
from identity_service.upstream.answers import BadAnswer, json_object
from identity_service.upstream.provider import Line, NotProven, Reason

TENANT = "{tenantid}"

LONGEST_ENDPOINT = 2048
"""Characters of an endpoint's address; browsers, proxies and the database take no more of it for granted."""

_KEPT = timedelta(hours=1)
_SHARED_TENANTS = ("common", "organizations", "consumers")
# What `consumers` is called in documents and tokens: the tenant of everybody's private accounts.
_CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Metadata:
    """A discovery document, checked; `issuer` may hold `{tenantid}`."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    takes_s256: bool
    takes_basic: bool
    names_issuer: bool

    def is_of_issuer(self, issuer: object) -> bool:
        """Say whether *issuer* is this one, or one of the tenants that its template stands for."""
        if not isinstance(issuer, str):
            return False
        if TENANT not in self.issuer:
            return issuer == self.issuer
        before, _, after = self.issuer.partition(TENANT)
        tenant = issuer.removeprefix(before).removesuffix(after)
        return issuer == f"{before}{tenant}{after}" and _GUID.fullmatch(tenant) is not None


def names_of(configured: str) -> set[str]:
    """Return what the issuer may call itself; more than one name only where a provider is known to do so."""
    issuer = configured.removesuffix(DISCOVERY)
    bare = issuer.rstrip("/")
    # Entra's manual writes a slash behind the issuer that its document does not have.
    names = {issuer, bare}
    # The address of the document is the same with and without that slash (§4.1), and so is one that has no path
    # (RFC 3986 §6.2.3): LibreChat's guide leaves Auth0's out.
    if issuer != configured or not urlsplit(bare).path:
        names.add(f"{bare}/")
    for shared in _SHARED_TENANTS:
        for name in tuple(names):
            if f"/{shared}/" in name:
                names.add(name.replace(f"/{shared}/", f"/{TENANT}/"))
                names.update({name.replace("/consumers/", f"/{_CONSUMERS}/")} if shared == "consumers" else ())
    return names


class Discovery:
    """The document of one issuer, fetched when it is needed and kept for an hour."""

    def __init__(self, configured: str, clock: Clock) -> None:
        """Trust *configured*: the issuer, or the whole address of its document."""
        self._configured = configured.removesuffix(DISCOVERY)
        self._names = names_of(configured)
        self._address = f"{self._configured.rstrip('/')}{DISCOVERY}"
        self._clock = clock
        self._kept: tuple[datetime, Metadata] | None = None

    def metadata(self, line: Line) -> Metadata:
        """
        Return what the issuer says of itself.

        Raises:
            NotProven: it does not answer, or is not the one that was configured.
        """
        now, kept = self._clock.now(), self._kept
        if kept is not None and timedelta(0) <= now - kept[0] < _KEPT:
            return kept[1]
        try:
            document = json_object(line.fetch(Outgoing("GET", self._address)), "the discovery document")
        except Unreachable as fault:
            raise NotProven(Reason.SILENT, f"the discovery document: {fault.reason}; {fault.detail}") from fault
        except BadAnswer as fault:
            raise NotProven(Reason.UNTRUSTED, str(fault)) from fault
        found = self._checked(document)
        self._kept = now, found
        return found

    @property
    def known(self) -> Metadata | None:
        """What the issuer said last, if it has been asked at all."""
        return self._kept[1] if self._kept else None

    def _checked(self, document: Mapping[str, Any]) -> Metadata:
        issuer = document.get("issuer")
        if not isinstance(issuer, str) or issuer not in self._names:
            raise NotProven(Reason.UNTRUSTED, f"the discovery document is of the issuer {issuer!r}")
        return Metadata(
            issuer,
            self._endpoint(document, "authorization_endpoint"),
            self._endpoint(document, "token_endpoint"),
            self._endpoint(document, "jwks_uri"),
            self._optional(document, "userinfo_endpoint"),
            self._optional(document, "end_session_endpoint"),
            _lists(document, "code_challenge_methods_supported", "S256"),
            _lists(document, "token_endpoint_auth_methods_supported", "client_secret_basic"),
            document.get("authorization_response_iss_parameter_supported") is True,
        )

    def _endpoint(self, document: Mapping[str, Any], name: str) -> str:
        address = document.get(name)
        # A document that came over TLS must not lead out of it.
        schemes = ("https",) if self._configured.startswith("https:") else ("https", "http")
        try:
            is_usable = isinstance(address, str) and urlsplit(address).scheme in schemes and address.isprintable()
        except ValueError:
            is_usable = False
        if not is_usable or len(str(address)) > LONGEST_ENDPOINT:
            raise NotProven(Reason.UNTRUSTED, f"the discovery document has no usable {name}")
        return str(address)

    def _optional(self, document: Mapping[str, Any], name: str) -> str | None:
        return self._endpoint(document, name) if document.get(name) is not None else None


def _lists(document: Mapping[str, Any], name: str, word: str) -> bool:
    """Say whether the document's list *name* has *word*; a document without the list says nothing against it."""
    listed = document.get(name)
    return word in listed if isinstance(listed, list) else True

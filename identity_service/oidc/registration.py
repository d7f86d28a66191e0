"""
Client metadata, as a client, a file or an operator sends it: what may be registered, and what then is.

Nothing is repaired: an entry that cannot be is named, with what it must be, and its value is never repeated.
Law: RFC 7591 §2 and §5, OpenID Connect Dynamic Client Registration 1.0 §2, RP-Initiated Logout 1.0 §3.1,
Back-Channel Logout 1.0 §2.2.
Leaves to others: names and shapes (client_metadata), addresses (redirects, registered_places), keys (registered_keys).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from authlib.oauth2.rfc7591 import ClientMetadataClaims
from authlib.oauth2.rfc7591.claims import InvalidClaimError
from authlib.oidc.registration import ClientMetadataClaims as OpenIDMetadataClaims

from identity_service.foundation.errors import InvalidClientMetadata, InvalidRedirectURI, ProtocolError
from identity_service.oidc.client_metadata import CHOICES, OWN, SHAPES, UNSUPPORTED
from identity_service.oidc.clients import Client
from identity_service.oidc.details import AUTHORIZATION_CODE, CLIENT_CREDENTIALS, Details
from identity_service.oidc.metadata import NO_PROOF, discovery
from identity_service.oidc.redirects import NATIVE, is_acceptable
from identity_service.oidc.registered_keys import key_mistakes, public_part
from identity_service.oidc.registered_places import is_place
from identity_service.oidc.scopes import SCOPES, SERVICE_SCOPES

LONGEST_NAME = 80

SELF_REGISTERED_SCOPES = tuple(scope for scope in SCOPES if scope != "roles")
"""What a client that registers itself may ask for; roles are between the operator and people."""

_BY_OPERATOR = (*SCOPES, *SERVICE_SCOPES)

_PLACES = ("client_uri", "logo_uri", "tos_uri", "policy_uri", "backchannel_logout_uri")
_NAMELESS = "An application without a name"


class Mistake(NamedTuple):
    """An entry that cannot be: its name, the rest of a sentence about it, and the error that it makes."""

    member: str
    sentence: str
    fault: type[ProtocolError] = InvalidClientMetadata

    def __str__(self) -> str:
        """Say it in a sentence."""
        return f"{self.member} {self.sentence}."


@dataclass(frozen=True)
class Wanted:
    """A registration that can be."""

    name: str
    redirect_uris: tuple[str, ...]
    details: Details


def read(metadata: Mapping[str, Any], *, by_operator: bool) -> Wanted:
    """
    Return what *metadata* wants to be registered.

    Args:
        metadata: names and values of RFC 7591; null counts as left out. A client's unknown names are ignored.
        by_operator: an operator may also use http and private addresses, names of our own, and the scope `roles`.

    Raises:
        InvalidRedirectURI: a redirect address cannot be.
        InvalidClientMetadata: something else cannot be.
    """
    for mistake in mistakes(metadata, by_operator=by_operator):
        raise mistake.fault(str(mistake))
    said = _said(metadata, by_operator=by_operator)
    redirect_uris = tuple(dict.fromkeys(said.redirect_uris))
    return Wanted(said.entries.get("client_name") or _name(redirect_uris), redirect_uris, said.details())


def mistakes(metadata: Mapping[str, Any], *, by_operator: bool) -> list[Mistake]:
    """Return everything in *metadata* that cannot be, entry by entry."""
    said = _said(metadata, by_operator=by_operator)
    found = [Mistake(name, sentence) for name, sentence in UNSUPPORTED.items() if metadata.get(name)]
    # RFC 7591 §2: of what a client says, the unknown is ignored; in a file it is a slip of the pen.
    if by_operator:
        strange = set(metadata).difference(SHAPES, OWN, UNSUPPORTED)
        found += [Mistake(name, "is not known here") for name in sorted(strange)]
    found += [Mistake(name, _SHAPES[name].sentence) for name in said.entries if not _SHAPES[name].fits(said[name])]
    wrong = {mistake.member for mistake in found}
    fit = _Said({name: value for name, value in said.entries.items() if name not in wrong}, by_operator=by_operator)
    found += [*fit.values(), *fit.addresses(), *fit.keys()]
    found += [mistake for mistake in fit.combinations() if mistake.member not in wrong]
    return found or list(fit.judged_by_the_library())


def registered(client: Client) -> dict[str, Any]:
    """Return the metadata of *client* as it is registered, which may differ from what was asked (RFC 7591 §3.2.1)."""
    details = vars(client.details).items()
    told = {name: value for name, value in details if name not in OWN and value is not None}
    return {
        "client_name": client.name,
        "redirect_uris": list(client.redirect_uris),
        "response_types": ["code"] if AUTHORIZATION_CODE in client.details.grant_types else [],
        "subject_type": "public",
        **{name: list(value) if isinstance(value, tuple) else value for name, value in told.items()},
    }


@dataclass(frozen=True)
class _Said:
    """Metadata whose entries have their right shapes, and who says it."""

    entries: Mapping[str, Any]
    by_operator: bool

    def __getitem__(self, name: str) -> Any:
        return self.entries[name]

    @property
    def redirect_uris(self) -> list[str]:
        return list(self.entries.get("redirect_uris", ()))

    @property
    def is_public(self) -> bool:
        """Whether it cannot prove itself (RFC 6749 §2.1)."""
        return self.entries.get("token_endpoint_auth_method") == NO_PROOF

    @property
    def is_back_end(self) -> bool:
        """Whether the operator registers something that asks for itself alone, and can prove who it is."""
        return self.by_operator and not self.is_public and not self.entries.get("redirect_uris")

    @property
    def scopes(self) -> tuple[str, ...]:
        """What it may ask for, in our order; of what a client asks for itself, what it may not have is left out."""
        may = _BY_OPERATOR if self.by_operator else SELF_REGISTERED_SCOPES
        usual = _BY_OPERATOR if self.is_back_end else SCOPES
        asked = self.entries["scope"].split() if "scope" in self.entries else usual
        return tuple(scope for scope in may if scope in asked)

    def values(self) -> Iterator[Mistake]:
        for name, allowed in CHOICES.items():
            value = self.entries.get(name, [])
            if not {*(value if isinstance(value, list) else [value])} <= {*allowed}:
                yield Mistake(name, f"must be {' or '.join(allowed)}")
        client_name = self.entries.get("client_name", "?")
        if not client_name.strip() or len(client_name) > LONGEST_NAME:
            yield Mistake("client_name", f"must be 1 to {LONGEST_NAME} printable characters")
        if self.entries.get("default_max_age", 0) < 0:
            yield Mistake("default_max_age", "must not be negative")
        unknown = set(self.entries.get("scope", "").split()).difference(_BY_OPERATOR) if self.by_operator else ()
        if unknown or not self.scopes:
            yield Mistake(
                "scope", f"must name some of {' '.join(_BY_OPERATOR if self.by_operator else SELF_REGISTERED_SCOPES)}"
            )

    def addresses(self) -> Iterator[Mistake]:
        # RP-Initiated Logout 1.0 §3.1, Back-Channel Logout 1.0 §2.2: http is for clients that can prove who they are.
        http = self.by_operator and not self.is_public
        yield from self._returns("redirect_uris", InvalidRedirectURI, http=self.by_operator)
        yield from self._returns("post_logout_redirect_uris", InvalidClientMetadata, http=http)
        scheme, place = "http or https" if http else "https", "" if self.by_operator else " of a public host"
        for name in _PLACES:
            uri = self.entries.get(name)
            if uri is not None and not is_place(uri, may_be_http=http, may_be_private=self.by_operator):
                yield Mistake(name, f"must be an {scheme} address{place}, without a fragment")

    def _returns(self, name: str, fault: type[ProtocolError], *, http: bool) -> Iterator[Mistake]:
        kind = self.entries.get("application_type", "web")
        rule = "an http or https address" if http else "an https address, or http on 127.0.0.1, [::1] or localhost"
        own = ", or one with a scheme that has a dot" if kind == NATIVE else ""
        for number, uri in enumerate(self.entries.get(name, ())):
            if not is_acceptable(uri, kind, allow_http=http):
                yield Mistake(f"{name}[{number}]", f"must be {rule}{own}; without fragment and user name", fault)

    def keys(self) -> Iterator[Mistake]:
        if "jwks" in self.entries:
            yield from (Mistake(f"jwks{place}", sentence) for place, sentence in key_mistakes(self["jwks"]))

    def combinations(self) -> Iterator[Mistake]:
        grants = self.entries.get("grant_types", [AUTHORIZATION_CODE])
        uses_codes = AUTHORIZATION_CODE in grants
        if uses_codes != bool(self.entries.get("response_types", uses_codes)):
            yield Mistake("response_types", "must be code for the grant type authorization_code, and for no other")
        if uses_codes and not self.by_operator and not self.redirect_uris:
            sentence = "must hold an address for the grant type authorization_code"
            yield Mistake("redirect_uris", sentence, InvalidRedirectURI)
        if self.entries.get("token_endpoint_auth_method") == "private_key_jwt" and "jwks" not in self.entries:
            yield Mistake("jwks", "must be there for private_key_jwt")
        if self.is_public and CLIENT_CREDENTIALS in grants:
            yield Mistake("grant_types", "must not have client_credentials without any")
        if self.is_public and self.entries.get("require_pkce") is False:
            yield Mistake("require_pkce", "must be true for a client that cannot prove itself")
        if self.is_public and self.entries.get("may_introspect"):
            yield Mistake("may_introspect", "must be false for a client that cannot prove itself")

    def judged_by_the_library(self) -> Iterator[Mistake]:
        """Let Authlib judge by the very lists that we publish, so that nothing is registered that they do not name."""
        supported = discovery("https://issuer.invalid", registration=True)
        # Redirect addresses are judged already, and it has never heard of an application with a scheme of its own.
        scope = " ".join(scope for scope in self.scopes if scope in SCOPES)
        judged = {**self.entries, "scope": scope, "redirect_uris": []}
        if "jwks" in judged:
            judged["jwks"] = public_part(judged["jwks"])
        for claims in (ClientMetadataClaims, OpenIDMetadataClaims):
            try:
                claims(judged, {}, claims.get_claims_options(supported), supported).validate()
            except InvalidClaimError as wrong:
                yield Mistake(str(wrong.claim), "is not valid")

    def details(self) -> Details:
        told: dict[str, Any] = {name: value for name, value in self.entries.items() if name in _DETAILS}
        told = {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()}
        if "jwks" in told:
            told["jwks"] = public_part(told["jwks"])
        if "scope" in told or not self.by_operator or self.is_back_end:
            told["scope"] = " ".join(self.scopes)
        if not self.by_operator or self.is_public:
            told = {"grant_types": (AUTHORIZATION_CODE,), **told, "may_introspect": False}
        return Details(**told)


def _said(metadata: Mapping[str, Any], *, by_operator: bool) -> _Said:
    known = _SHAPES if by_operator else SHAPES
    said = {name: value for name, value in metadata.items() if name in known and value is not None}
    return _Said(said, by_operator=by_operator)


def _name(redirect_uris: tuple[str, ...]) -> str:
    host = urlsplit(redirect_uris[0]).hostname if redirect_uris else None
    return (host or _NAMELESS)[:LONGEST_NAME]


_SHAPES = {**SHAPES, **OWN}
_DETAILS = frozenset(each.name for each in fields(Details))

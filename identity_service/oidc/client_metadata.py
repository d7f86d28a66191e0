"""
The names of client metadata: which are known, what shape each has, which values it may take, and which are refused.

Law: RFC 7591 §2, OpenID Connect Dynamic Client Registration 1.0 §2.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from identity_service.foundation.foreign_keys import ALGORITHMS as ASSERTION_ALGORITHMS
from identity_service.oidc.id_tokens import ALGORITHMS as ID_TOKEN_ALGORITHMS
from identity_service.oidc.metadata import GRANT_TYPES, NO_PROOF, PROOFS
from identity_service.oidc.requests import RESPONSE_TYPES

_LONGEST_TEXT = 2000
_MOST_ENTRIES = 50
_HIGHEST = 2**31 - 1


class Shape(NamedTuple):
    """What kind of value a name has; `sentence` goes on after the name."""

    fits: Callable[[Any], bool]
    sentence: str


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_TEXT and value.isprintable()


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= _MOST_ENTRIES and all(map(_is_text, value))


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _HIGHEST


TEXT = Shape(_is_text, f"must be a text of at most {_LONGEST_TEXT} printable characters")
TEXTS = Shape(_is_list, f"must be a list of at most {_MOST_ENTRIES} texts")
SWITCH = Shape(lambda value: isinstance(value, bool), "must be true or false")
NUMBER = Shape(_is_number, "must be a whole number")
OBJECT = Shape(lambda value: isinstance(value, dict), "must be an object")

SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "client_name": TEXT,
        "redirect_uris": TEXTS,
        "post_logout_redirect_uris": TEXTS,
        "response_types": TEXTS,
        "grant_types": TEXTS,
        "application_type": TEXT,
        "token_endpoint_auth_method": TEXT,
        "token_endpoint_auth_signing_alg": TEXT,
        "jwks": OBJECT,
        "scope": TEXT,
        "subject_type": TEXT,
        "id_token_signed_response_alg": TEXT,
        "userinfo_signed_response_alg": TEXT,
        "backchannel_logout_uri": TEXT,
        "backchannel_logout_session_required": SWITCH,
        "default_max_age": NUMBER,
        "require_auth_time": SWITCH,
        "client_uri": TEXT,
        "logo_uri": TEXT,
        "tos_uri": TEXT,
        "policy_uri": TEXT,
        "contacts": TEXTS,
    }
)
"""The names that every client may use."""

OWN: Mapping[str, Shape] = MappingProxyType(
    dict.fromkeys(("require_pkce", "is_trusted", "may_introspect", "claims_in_id_token"), SWITCH)
)
"""Names of our own, which only an operator may use."""

CHOICES: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "application_type": ("web", "native"),
        "token_endpoint_auth_method": (*PROOFS, NO_PROOF),
        "token_endpoint_auth_signing_alg": ASSERTION_ALGORITHMS,
        "grant_types": GRANT_TYPES,
        "response_types": RESPONSE_TYPES,
        "subject_type": ("public",),
        "id_token_signed_response_alg": ID_TOKEN_ALGORITHMS,
        "userinfo_signed_response_alg": ID_TOKEN_ALGORITHMS,
    }
)
"""What each value, or each entry of a list, must be one of."""

_NOT_ENCRYPTED = "cannot be: nothing is encrypted here beyond TLS"
_NO_REQUEST_OBJECTS = "cannot be: request objects are not read here"

UNSUPPORTED: Mapping[str, str] = MappingProxyType(
    {
        # RFC 7591 §5 warns of addresses that a server is made to fetch.
        "jwks_uri": "cannot be: send the keys themselves, as jwks",
        "sector_identifier_uri": "cannot be: subjects are public here",
        "software_statement": "cannot be: nobody here knows who signs such statements",
        "request_uris": _NO_REQUEST_OBJECTS,
        "request_object_signing_alg": _NO_REQUEST_OBJECTS,
        "request_object_encryption_alg": _NO_REQUEST_OBJECTS,
        "id_token_encrypted_response_alg": _NOT_ENCRYPTED,
        "id_token_encrypted_response_enc": _NOT_ENCRYPTED,
        "userinfo_encrypted_response_alg": _NOT_ENCRYPTED,
        "userinfo_encrypted_response_enc": _NOT_ENCRYPTED,
    }
)
"""Names that promise something we do not do: to ignore them would let a client believe in it."""

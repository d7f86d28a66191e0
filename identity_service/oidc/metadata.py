"""
The discovery document: what this provider does, and where.

It says exactly what works. One document serves both well-known addresses.
Law: OpenID Connect Discovery 1.0 §3, RFC 8414 §2, RFC 9207 §3, OpenID Connect RP-Initiated Logout 1.0 §2.1,
OpenID Connect Back-Channel Logout 1.0 §2.1.
"""

from typing import Any

from identity_service.foundation.foreign_keys import ALGORITHMS as ASSERTION_ALGORITHMS
from identity_service.oidc.id_tokens import ALGORITHMS as ID_TOKEN_ALGORITHMS
from identity_service.oidc.prompts import ACR_VALUES
from identity_service.oidc.requests import CHALLENGE_METHODS, PROMPT_VALUES, RESPONSE_MODES, RESPONSE_TYPES
from identity_service.oidc.scopes import SCOPES, claims_supported

PROOFS = ("client_secret_basic", "client_secret_post", "private_key_jwt")
NO_PROOF = "none"
GRANT_TYPES = ("authorization_code", "refresh_token", "client_credentials")


def discovery(issuer: str, *, registration: bool) -> dict[str, Any]:
    """Return the discovery document of *issuer*, an address without a slash at its end, as JSON can hold it."""
    return {
        "issuer": issuer,
        **_endpoints(issuer, registration=registration),
        "scopes_supported": list(SCOPES),
        "response_types_supported": list(RESPONSE_TYPES),
        "response_modes_supported": list(RESPONSE_MODES),
        "grant_types_supported": list(GRANT_TYPES),
        "acr_values_supported": list(ACR_VALUES),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(ID_TOKEN_ALGORITHMS),
        "userinfo_signing_alg_values_supported": list(ID_TOKEN_ALGORITHMS),
        **_client_authentication("token_endpoint", *PROOFS, NO_PROOF),
        # Only who can prove itself learns anything of a token (RFC 7662 §2.1).
        **_client_authentication("introspection_endpoint", *PROOFS),
        **_client_authentication("revocation_endpoint", *PROOFS, NO_PROOF),
        "claims_supported": list(claims_supported()),
        "claim_types_supported": ["normal"],
        "claims_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "require_request_uri_registration": False,
        "prompt_values_supported": list(PROMPT_VALUES),
        "code_challenge_methods_supported": list(CHALLENGE_METHODS),
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
    }


def _endpoints(issuer: str, *, registration: bool) -> dict[str, str]:
    paths = {
        "authorization_endpoint": "/oauth2/authorize",
        "token_endpoint": "/oauth2/token",
        "userinfo_endpoint": "/oauth2/userinfo",
        "jwks_uri": "/.well-known/jwks.json",
        "introspection_endpoint": "/oauth2/introspect",
        "revocation_endpoint": "/oauth2/revoke",
        "end_session_endpoint": "/oauth2/logout",
    }
    if registration:
        paths["registration_endpoint"] = "/oauth2/register"
    return {name: issuer + path for name, path in paths.items()}


def _client_authentication(endpoint: str, *methods: str) -> dict[str, list[str]]:
    return {
        f"{endpoint}_auth_methods_supported": list(methods),
        f"{endpoint}_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
    }

"""
What the token endpoint is asked, and what it grants.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class TokenRequest:
    """The parameters of a token request; what did not come, or came without a value, is empty (RFC 6749 §3.2)."""

    grant_type: str
    code: str = ""
    redirect_uri: str = ""
    code_verifier: str = ""
    refresh_token: str = ""
    scope: str = ""


@dataclass(frozen=True)
class Granted:
    """
    A client has tokens.

    `expires_in` is the access token's life in seconds, `scope` how far it reaches, empty if no scope was asked for.
    """

    access_token: str
    expires_in: int
    scope: str
    refresh_token: str | None = None
    id_token: str | None = None

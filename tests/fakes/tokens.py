"""Tokens read without belief: what they say, whoever signed them and whenever they end."""

import json
from base64 import urlsafe_b64decode
from typing import Any


def header_of(token: str) -> dict[str, Any]:
    """Return the header of a compact JWS."""
    return _part(token, 0)


def claims_of(token: str) -> dict[str, Any]:
    """Return the claims of a compact JWT."""
    return _part(token, 1)


def _part(token: str, place: int) -> dict[str, Any]:
    segment = token.split(".")[place]
    read: dict[str, Any] = json.loads(urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    return read

"""Identities at providers, as if they had been proven there."""

from identity_service.upstream.provider import Identity

ADDRESS = "ada@example.org"


def identity(subject: str = "4711", **told: object) -> Identity:
    """Return Ada at Google, whose address Google has verified, but for what is *told* otherwise."""
    usual: dict[str, object] = {
        "provider": "google",
        "kind": "google",
        "issuer": "https://accounts.google.com",
        "email": ADDRESS,
        "email_verified": True,
        "username": "Ada",
        "name": "Ada Lovelace",
    }
    return Identity(subject=subject, **{**usual, **told})  # type: ignore[arg-type]

"""
What a client says of itself: the least that is enough, and what a test adds to it.

Leaves to others: what is added, and what must come of it.
"""

from identity_service.oidc.registration import Wanted, mistakes, read

CALLBACK = "https://wiki.example.org/callback"
LEAST = {"redirect_uris": [CALLBACK]}


def dynamic(**metadata: object) -> Wanted:
    """Read what a client wants that registers itself."""
    return read({**LEAST, **metadata}, by_operator=False)


def told(*, operator: bool = False, **metadata: object) -> list[str]:
    """Return the sentences about what cannot be registered."""
    return [str(mistake) for mistake in mistakes({**LEAST, **metadata}, by_operator=operator)]

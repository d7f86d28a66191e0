"""
Certified OpenID providers in a process of their own (tests/node/openid_provider.mjs), and what they are told to do.

Leaves to others: who sends people there, and what becomes of them.
"""

import json
import urllib.request
from collections.abc import Mapping
from typing import Any

from tests.servers.node import Node

CLIENT_ID, CLIENT_SECRET = "the-chat", "what only the chat and its provider know"
OPEN = {"ALLOW_SOCIAL_LOGIN": "true", "ALLOW_SOCIAL_REGISTRATION": "true", "OUTBOUND_ALLOW_PRIVATE": "127.0.0.1"}
"""Settings for a service whose providers live on loopback."""

# The loopback address is asked directly, whatever proxy the machine uses.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class OpenIDIssuer:
    """One of the providers, as its operator sees it; `url` is its issuer."""

    def __init__(self, steering: str, name: str, url: str) -> None:
        """Speak for the one called *name*."""
        self.name, self.url = name, url
        self._steering = steering

    def knows(self, *redirect_uris: str, **metadata: Any) -> None:
        """Let the one client send people here, who come back to one of *redirect_uris*."""
        usual = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "redirect_uris": redirect_uris}
        self.obey(clients=[{**usual, **metadata}])

    def obey(self, **told: Any) -> Mapping[str, Mapping[str, int]]:
        """Change what *told* names, for all answers from now on; return how often each path has been asked for."""
        body = json.dumps({"issuer": self.name, **told}).encode()
        with _direct.open(self._steering, body, timeout=30) as answer:
            counted: Mapping[str, Mapping[str, int]] = json.load(answer)
        return counted

    def behave(self, **manners: Any) -> None:
        """Misbehave in these ways and no others; without any, be as good as the specification."""
        self.obey(manners=manners)

    def asked(self, path: str) -> int:
        """Return how often *path* was asked for."""
        return self.obey()[self.name].get(path, 0)


def start_issuers(node: Node, *names: str) -> list[OpenIDIssuer]:
    """Start one process with a provider for each of *names*, `club@localhost` for another host; it ends with *node*."""
    found = json.loads(node.start("openid_provider.mjs", *names).greeting())
    return [OpenIDIssuer(found["steering"], name, url) for name, url in found["issuers"].items()]


def settings_of(prefix: str, issuer: OpenIDIssuer, **more: str) -> dict[str, str]:
    """Return the settings for *issuer*, as an operator writes them; *more* come without the *prefix* too."""
    told = {"CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": CLIENT_SECRET, "ISSUER": issuer.url, **more}
    return {f"{prefix}_{name}": value for name, value in told.items()}

"""
A line to a provider that answers from a list, and remembers what it was asked.

Stands in for identity_service.foundation.outbound_errand.Errand wherever a line is asked for.
"""

import json
from typing import Any

from identity_service.foundation.outbound import Incoming, Outgoing, Unreachable


class Scripted:
    """Answers each address with what the script has: an object as JSON, bytes as they are, a fault by raising it."""

    def __init__(self, script: dict[str, Any]) -> None:
        """Answer from *script*; it may be changed between two requests."""
        self.script = script
        self.asked: list[Outgoing] = []

    def fetch(self, request: Outgoing) -> Incoming:
        """Answer *request*."""
        self.asked.append(request)
        answer = self.script.get(request.url.partition("?")[0], Incoming(404, {}, b"{}"))
        if isinstance(answer, Unreachable):
            raise answer
        if isinstance(answer, Incoming):
            return answer
        return Incoming(200, {}, answer if isinstance(answer, bytes) else json.dumps(answer).encode())

    def count(self, url: str) -> int:
        """Return how often *url* was asked."""
        return sum(request.url.partition("?")[0] == url for request in self.asked)

"""The doctor's ways out: to the service itself, without a network, and to others who say what they are told to."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from werkzeug.test import Client

from identity_service.app import with_entrance
from identity_service.flows.doctor.outside import Outside
from identity_service.foundation.outbound import Incoming, Outgoing, Reason, Unreachable
from identity_service.moderation.sightings import Sightings


@dataclass
class Ways:
    """In the place of the door for outgoing HTTP: where each address leads; what is not named leads nowhere."""

    home: Client
    here: str
    others: dict[str, Callable[[Outgoing], Incoming]] = field(default_factory=dict)
    asked: list[Outgoing] = field(default_factory=list)

    def fetch(self, request: Outgoing) -> Incoming:
        self.asked.append(request)
        for start, answer in self.others.items():
            if request.url.startswith(start):
                return answer(request)
        if not request.url.startswith(self.here):
            raise Unreachable(Reason.CONNECTION)
        path = request.url.removeprefix(self.here)
        came = self.home.open(path, method=request.method, headers=dict(request.headers), data=request.body)
        return Incoming(came.status_code, {name.lower(): value for name, value in came.headers}, came.data)


def saying(document: Any, status: int = 200, **headers: str) -> Callable[[Outgoing], Incoming]:
    """Return somebody who answers everything with *document*."""
    return lambda _: Incoming(status, headers, json.dumps(document).encode())


def unreachable(reason: Reason) -> Callable[[Outgoing], Incoming]:
    """Return somebody who cannot be reached."""

    def refuse(_: Outgoing) -> Incoming:
        raise Unreachable(reason)

    return refuse


@pytest.fixture
def ways(app, settings) -> Ways:
    return Ways(Client(with_entrance(app)), settings.site.domain_server, {"https://api.github.com": saying({})})


@pytest.fixture
def outside(services, ways) -> Outside:
    able = services.capabilities
    sightings = Sightings(services.database, services.clock, services.settings.server.trust_proxy)
    return Outside(services.settings, ways, able.keys, able.trail, sightings, services.chance)


@pytest.fixture
def codes() -> Callable[[Any], list[str]]:
    """Look, and return the codes of what was found."""
    return lambda look: [finding.code for finding in look()]

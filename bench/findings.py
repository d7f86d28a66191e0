"""
What a run of the benchmark found out, and where it is kept.
"""

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from bench.load import Measured
from bench.serving import Memory

LATEST = Path(__file__).with_name("latest.json")

BARE_WSGI, BARE_FLASK = "bare WSGI route", "bare Flask route"
ALONE, BESIDE_LOGINS = "alone", "beside logins"
SMALL, LARGE = "small", "large"


@dataclass(frozen=True)
class Round:
    """What was measured within a few seconds, so that the machine was in one mood: rates at 16 connections, parts."""

    rates: dict[str, float]
    parts: dict[str, float]


@dataclass
class Findings:
    """
    Every figure of a run; whatever was not measured is missing.

    Attributes:
        is_quick: whether it was the short run.
        cores: the server's and the load generator's.
        rounds: by server, one after the other; what is held against something else is held against the same round's.
        guards: microseconds that limits and looks for bans add to a request, by name.
        rates: by server, then door, then number of connections.
        introspection: alone and beside logins.
        memory: by number of workers, after load.
        libraries: the same of two workers that only have the libraries.
        seconds_to_first_answer: of several starts.
        growth: by size, then door, answers a second of one round after the other.
        crowd: how many people and sessions the large database has.
    """

    is_quick: bool
    cores: tuple[int, int]
    rounds: dict[str, list[Round]] = field(default_factory=dict)
    guards: dict[str, float] = field(default_factory=dict)
    rates: dict[str, dict[str, dict[int, Measured]]] = field(default_factory=dict)
    introspection: dict[str, Measured] = field(default_factory=dict)
    memory: dict[int, Memory] = field(default_factory=dict)
    libraries: Memory | None = None
    seconds_to_first_answer: list[float] = field(default_factory=list)
    growth: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    crowd: int = 0

    def rate(self, server: str, door: str, connections: int = 16) -> float | None:
        """Return how many answers a second there were, or None if that was not measured."""
        measured = self.rates.get(server, {}).get(door, {}).get(connections)
        return measured.rate if measured else None

    @property
    def parts(self) -> dict[str, float]:
        """Return the microseconds of each part, medians of all rounds beside gunicorn."""
        rounds = self.rounds.get("gunicorn", [])
        return {name: median(each.parts[name] for each in rounds) for name in (rounds[0].parts if rounds else ())}

    def keep(self, path: Path = LATEST) -> None:
        """Write everything down."""
        about = {
            "when": datetime.now(UTC).isoformat(timespec="seconds"),
            "python": platform.python_version(),
            "machine": platform.machine(),
            "processors": os.cpu_count(),
        }
        text = json.dumps(
            {"about": about, "parts": self.parts, **_without_values(asdict(self))}, indent=1, default=list
        )
        path.write_text(text + "\n", encoding="utf-8")


def _without_values(of: Any) -> Any:
    """Leave out the tokens that loads end with."""
    if isinstance(of, dict):
        return {name: _without_values(value) for name, value in of.items() if name != "values"}
    return of

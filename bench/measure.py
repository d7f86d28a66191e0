"""
The measurements, one method each; they fill in the findings.

Whatever is compared runs in turns, round after round, so that an hour's mood of the machine strikes all alike.
"""

import importlib.util
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from statistics import fmean

from bench import doors, growth, guards
from bench.doors import Doors, Inhabitants
from bench.findings import ALONE, BARE_FLASK, BARE_WSGI, BESIDE_LOGINS, LARGE, SMALL, Findings, Round
from bench.load import Generator, Load, Measured, median
from bench.parts import HASH, Parts
from bench.serving import BARE_FLASK as FLASK_APPLICATION
from bench.serving import BARE_WSGI as WSGI_APPLICATION
from bench.serving import LIBRARIES, SERVICE, Server, Site

#: Sign-ins at the same time: always more than are hashed, never more than may wait.
LOGINS_AT_ONCE = 32

#: At one connection and at 64 the figures are only told, so fewer rounds will do.
_ROUNDS_TOLD = 3

#: A sign-in takes a hundred times as long as anything else, and so does counting enough of them.
_OF_LOGINS = 5

#: A tenth more or less is looked for in rates that swing by a third, so there are more rounds to take the median of.
_OF_GROWTH = 3

#: What granian is compared by.
_UNDER_GRANIAN = (doors.INTROSPECTION, doors.VERIFY, doors.FORWARD_AUTH, doors.REFRESH)


@dataclass(frozen=True)
class Pace:
    """How thorough a run is: seconds a measurement, rounds, people in the large database."""

    seconds: float
    rounds: int
    crowd: int


THOROUGH = Pace(seconds=0.4, rounds=9, crowd=1_000_000)
QUICK = Pace(seconds=0.2, rounds=3, crowd=100_000)


class Bench:
    """One run."""

    def __init__(self, pace: Pace, findings: Findings, generator: Generator, say: Callable[[str], None]) -> None:
        """Make a site with somebody on it; *say* gets a line for each step."""
        self._pace = pace
        self._findings = findings
        self._generator = generator
        self._say = say
        self._core = findings.cores[0]
        self._site = Site()
        self._inhabitants: Inhabitants = doors.settle(self._site)
        self._parts = Parts(self._site.folder, self._core)

    def everything(self) -> None:
        """Measure all there is to measure."""
        with ExitStack() as ends:
            ends.callback(self._site.remove)
            ends.enter_context(self._parts)
            self._measure_guards()
            self._measure_rates("gunicorn", doors.ALL, (1, 64))
            if importlib.util.find_spec("granian"):
                self._measure_rates("granian", _UNDER_GRANIAN, ())
            self._measure_introspection_beside_logins()
            self._measure_memory()
            self._measure_starts()
            self._measure_growth()

    def _measure_guards(self) -> None:
        self._say("guards")
        folder, core, seconds = self._site.folder, self._core, self._pace.seconds
        self._findings.guards = guards.measure(folder, self._site.environment, core, seconds)

    def _measure_rates(self, kind: str, which: tuple[str, ...], told: tuple[int, ...]) -> None:
        turns: dict[tuple[str, int], list[Measured]] = {}
        with ExitStack() as running:
            wsgi, flask, service = (
                running.enter_context(Server(self._site, kind, application, core=self._core))
                for application in (WSGI_APPLICATION, FLASK_APPLICATION, SERVICE)
            )
            here = Doors(service.port, self._inhabitants)
            bare = doors.request("GET", "/bare")
            loads: dict[str, Callable[[], Load]] = {
                BARE_WSGI: lambda: Load(wsgi.port, (bare,), contains=b"active"),
                BARE_FLASK: lambda: Load(flask.port, (bare,), contains=b"active"),
                **{door: lambda door=door: here.load(door) for door in which},
            }
            for turn in range(1, self._pace.rounds + 1):
                hashes: list[float] = []
                for many in (16, *(told if turn <= _ROUNDS_TOLD else ())):
                    self._say(f"doors, {kind}, round {turn}, {many} connections")
                    for name, make in loads.items():
                        measured, beside = self._put_beside_hashes(name, make(), many)
                        turns.setdefault((name, many), []).append(here.keep(name, measured))
                        hashes += beside if many == 16 else ()
                parts = {**self._parts.measure(self._pace.seconds), **({HASH: fmean(hashes)} if hashes else {})}
                rates = {name: turns[name, 16][-1].rate for name in loads}
                self._findings.rounds.setdefault(kind, []).append(Round(rates, parts))
        for (name, many), found in turns.items():
            self._findings.rates.setdefault(kind, {}).setdefault(name, {})[many] = median(found)

    def _put_beside_hashes(self, name: str, load: Load, connections: int) -> tuple[Measured, list[float]]:
        """Put *load*; if it is sign-ins, longer, and with a measurement of the hash before and after it."""
        if name != doors.LOGIN:
            return self._put(load, connections), []
        before = self._parts.hash(self._pace.seconds)
        measured = self._put(load, connections, _OF_LOGINS)
        return measured, [before, self._parts.hash(self._pace.seconds)]

    def _put(self, load: Load, connections: int, times: int = 1) -> Measured:
        return self._generator.run(replace(load, connections=connections, seconds=self._pace.seconds * times))

    def _measure_introspection_beside_logins(self) -> None:
        turns: dict[str, list[Measured]] = {ALONE: [], BESIDE_LOGINS: []}
        with Server(self._site, "gunicorn", SERVICE, core=self._core) as service:
            here = Doors(service.port, self._inhabitants)
            for turn in range(1, self._pace.rounds + 1):
                self._say(f"introspection beside logins, round {turn}")
                turns[ALONE].append(self._put(here.load(doors.INTROSPECTION), 16))
                logins = replace(here.load(doors.LOGIN), connections=LOGINS_AT_ONCE, seconds=self._pace.seconds * 3)
                saturating = self._generator.start(logins)
                turns[BESIDE_LOGINS].append(self._put(here.load(doors.INTROSPECTION), 16))
                saturating.result()
        self._findings.introspection = {name: median(found) for name, found in turns.items()}

    def _measure_memory(self) -> None:
        self._say("memory, libraries alone")
        with Server(self._site, "gunicorn", LIBRARIES, workers=2) as bare:
            self._put(Load(bare.port, (doors.request("GET", "/bare"),), contains=b"active"), LOGINS_AT_ONCE)
            self._findings.libraries = bare.memory()
        for workers in (2, 3):
            self._say(f"memory, {workers} workers")
            with Server(self._site, "gunicorn", SERVICE, workers=workers) as service:
                here = Doors(service.port, self._inhabitants)
                for door in doors.ALL:
                    here.keep(door, self._put(here.load(door), LOGINS_AT_ONCE))
                self._findings.memory[workers] = service.memory()

    def _measure_starts(self) -> None:
        for _ in range(_ROUNDS_TOLD):
            self._say("start")
            with Server(self._site, "gunicorn", SERVICE, workers=2) as service:
                self._findings.seconds_to_first_answer.append(service.seconds_to_first_answer)

    def _measure_growth(self) -> None:
        self._findings.crowd = self._pace.crowd
        found = self._findings.growth
        with ExitStack() as running:
            places = {}
            for size, count in ((SMALL, growth.ASKED_ABOUT), (LARGE, self._pace.crowd)):
                self._say(f"growth, {count:,} people and sessions")
                population = growth.populate(count)
                running.callback(population.site.remove)
                server = running.enter_context(Server(population.site, "gunicorn", SERVICE, core=self._core))
                places[size] = (population, server.port, list(population.refresh_tokens))
            for turn in range(1, self._pace.rounds * _OF_GROWTH + 1):
                self._say(f"growth, round {turn}")
                # Now the one first and now the other, so that what comes first is nobody's advantage.
                for size, (population, port, tokens) in sorted(places.items(), reverse=turn % 2 == 0):
                    asked = doors.introspection(port, population.client, population.access_tokens)
                    turned = self._put(doors.rotation(port, tuple(tokens)), 16)
                    tokens[:16] = turned.values
                    rates = found.setdefault(size, {})
                    rates.setdefault(doors.REFRESH, []).append(turned.rate)
                    rates.setdefault(doors.INTROSPECTION, []).append(self._put(asked, 16).rate)

"""
The findings as tables, with what was asked for beside them.
"""

import statistics
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from bench import doors, guards
from bench.findings import ALONE, BARE_FLASK, BESIDE_LOGINS, LARGE, SMALL, Findings, Round
from bench.parts import HASH, limit

_VERIFICATIONS = (doors.INTROSPECTION, doors.VERIFY, doors.FORWARD_AUTH)
_OF_BARE_FLASK = {"gunicorn": 1.1, "granian": 1.5}
_AS_A_CROWD_GROWS, _OF_ROTATION, _OF_LOGIN, _BESIDE_LOGINS = 0.9, 0.55, 0.9, 0.3
_OF_SIGN_IN, _OF_INTROSPECTION = 0.1, 0.15
_OF_ROUND_TRIP, _OF_CLIENT_CREDENTIALS, _OF_USERINFO = 0.45, 0.35, 0.45
_COMMIT, _READ = "SQLite commit, durable", "SQLite read"
_MOST_P99, _MOST_MEMORY, _MOST_FURTHER, _LONGEST_START = 60.0, 100.0, 20.0, 2.0

Limit: TypeAlias = Callable[[Round], float]


@dataclass(frozen=True)
class Ask:
    """One promise: what it is about, what is wanted, what was found; None where it was not measured."""

    about: str
    wanted: str
    found: str
    is_met: bool | None

    @property
    def verdict(self) -> str:
        """Return it in words."""
        return {True: "met", False: "NOT MET", None: "not measured"}[self.is_met]


def asks(findings: Findings) -> list[Ask]:
    """Return every promise, held against *findings*."""
    return [
        *_verifications(findings),
        _of_limit("rotation, durable", findings, doors.REFRESH, rotation_limit, _OF_ROTATION),
        _of_limit("sign-in", findings, doors.LOGIN, login_limit, _OF_LOGIN),
        *_of_applications(findings),
        *_of_guards(findings),
        *_beside_logins(findings),
        *_memory(findings),
        _start(findings),
        *_growth(findings),
    ]


def rotation_limit(of: Round) -> float:
    """Return the most rotations a second: a bare Flask route, a token read and two signed, one durable commit."""
    return _limit(of, "HS256 verification", "HS256 signature", "ES256 signature", _COMMIT)


def login_limit(of: Round) -> float:
    """Return the most sign-ins a second: a bare Flask route, the hash, two tokens signed, one durable commit."""
    return _limit(of, HASH, "HS256 signature", "ES256 signature", _COMMIT)


def round_trip_limit(of: Round) -> float:
    """
    Return the most round trips a second: two bare Flask routes, two durable commits, two tokens signed, five reads.

    The reads: who the cookie stands for, the person, their consent; then the person and the browser once more.
    """
    signed = "RS256 signature, 3072 bits", "ES256 signature"
    return _limit(of, *signed, _COMMIT, _COMMIT, *[_READ] * 5, requests=2)


def client_credentials_limit(of: Round) -> float:
    """Return the most tokens a second that clients get for themselves: a bare Flask route, one token signed."""
    return _limit(of, "ES256 signature")


def userinfo_limit(of: Round) -> float:
    """Return the most answers a second about people: a bare Flask route, one read; tokens are seen again and again."""
    return _limit(of, _READ)


def tables(findings: Findings) -> Iterator[str]:
    """Yield the lines of the report."""
    server, generator = findings.cores
    where = "a core each" if server != generator else "ONE core for both, which halves every rate"
    yield f"Server and load generator on {where}; one worker; answers a second, medians of interleaved rounds."
    for kind, rates in findings.rates.items():
        yield ""
        yield from _rates(kind, rates)
    yield ""
    measured = {**findings.parts, **findings.guards}
    yield from _aligned((("part", "microseconds"), *((name, f"{value:,.1f}") for name, value in measured.items())))
    yield ""
    rows = ((ask.about, ask.wanted, ask.found, ask.verdict) for ask in asks(findings))
    yield from _aligned((("asked for", "wanted", "found", ""), *rows))


def _limit(of: Round, *names: str, requests: int = 1) -> float:
    return limit(requests * 1_000_000 / of.rates[BARE_FLASK], *(of.parts[name] for name in names))


def _verifications(findings: Findings) -> Iterator[Ask]:
    for kind, wanted in _OF_BARE_FLASK.items():
        for door in _VERIFICATIONS:
            ratios = [each.rates[door] / each.rates[BARE_FLASK] for each in findings.rounds.get(kind, ())]
            yield _at_least(f"{door}, {kind}", statistics.median(ratios) if ratios else None, wanted, "x bare Flask")


def _of_limit(about: str, findings: Findings, door: str, most: Limit, wanted: float) -> Ask:
    rounds = findings.rounds.get("gunicorn", ())
    if not rounds:
        return _at_least(about, None, wanted, "of its limit")
    ask = _at_least(about, statistics.median(each.rates[door] / most(each) for each in rounds), wanted, "of its limit")
    rate = statistics.median(each.rates[door] for each in rounds)
    limits = statistics.median(most(each) for each in rounds)
    return Ask(ask.about, ask.wanted, f"{ask.found} ({rate:,.0f} of {limits:,.0f} a second)", ask.is_met)


def _of_applications(findings: Findings) -> Iterator[Ask]:
    for about, door, most, wanted in (
        ("code, round trip", doors.ROUND_TRIP, round_trip_limit, _OF_ROUND_TRIP),
        ("client_credentials", doors.CLIENT_CREDENTIALS, client_credentials_limit, _OF_CLIENT_CREDENTIALS),
        ("userinfo", doors.USERINFO, userinfo_limit, _OF_USERINFO),
    ):
        yield _of_limit(about, findings, door, most, wanted)


def _of_guards(findings: Findings) -> Iterator[Ask]:
    for guard, door, most in (
        (guards.SQL, doors.LOGIN, _OF_SIGN_IN),
        (guards.REDIS, doors.LOGIN, _OF_SIGN_IN),
        (guards.SIGHTING, doors.INTROSPECTION, _OF_INTROSPECTION),
        (guards.BANS, doors.FORWARD_AUTH, _OF_INTROSPECTION),
    ):
        cost, rate = findings.guards.get(guard), findings.rate("gunicorn", door)
        yield _at_most(guard, cost * rate / 1_000_000 if cost and rate else None, most, f"of {door}")


def _beside_logins(findings: Findings) -> Iterator[Ask]:
    alone, beside = findings.introspection.get(ALONE), findings.introspection.get(BESIDE_LOGINS)
    about = "introspection beside saturating logins"
    yield _at_least(about, beside.rate / alone.rate if alone and beside else None, _BESIDE_LOGINS, "of its rate")
    yield _at_most(f"{about}, p99", beside.p99 if beside else None, _MOST_P99, "ms")


def _memory(findings: Findings) -> Iterator[Ask]:
    two, three = findings.memory.get(2), findings.memory.get(3)
    further = statistics.median(three.private) if three else None
    whole = _at_most("memory after load, two workers (PSS)", two.pss if two else None, _MOST_MEMORY, "MB")
    beside = f" (the libraries alone: {findings.libraries.pss:.1f})" if findings.libraries else ""
    yield replace(whole, found=whole.found + beside)
    yield _at_most("a further worker, private", further, _MOST_FURTHER, "MB")


def _start(findings: Findings) -> Ask:
    seconds = findings.seconds_to_first_answer
    return _at_most("start to first answer", statistics.median(seconds) if seconds else None, _LONGEST_START, "s")


def _growth(findings: Findings) -> Iterator[Ask]:
    for door in (doors.INTROSPECTION, doors.REFRESH):
        small, large = (findings.growth.get(size, {}).get(door, []) for size in (SMALL, LARGE))
        ratios = [grown / young for grown, young in zip(large, small, strict=True)]
        about = f"{door} at {findings.crowd:,} sessions"
        yield _at_least(about, statistics.median(ratios) if ratios else None, _AS_A_CROWD_GROWS, "of 1,000")


def _at_least(about: str, found: float | None, wanted: float, unit: str) -> Ask:
    return Ask(about, f">= {wanted:g} {unit}", _figure(found), None if found is None else found >= wanted)


def _at_most(about: str, found: float | None, wanted: float, unit: str) -> Ask:
    return Ask(about, f"<= {wanted:g} {unit}", _figure(found), None if found is None else found <= wanted)


def _figure(found: float | None) -> str:
    return "-" if found is None else f"{found:.3g}"


def _rates(kind: str, rates: dict[str, dict[int, object]]) -> Iterator[str]:
    connections = sorted({many for by_connections in rates.values() for many in by_connections})
    header = (kind, *(f"{many} conn.: rate   p50 / p99 ms" for many in connections), "errors")
    rows = []
    for door, found in rates.items():
        cells = [f"{found[many].rate:,.0f}   {found[many].p50:.2f} / {found[many].p99:.2f}" for many in connections]
        rows.append((door, *cells, str(sum(each.errors for each in found.values()))))
    yield from _aligned((header, *rows))


def _aligned(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Write the first column to the left and the others to the right."""
    rows = list(rows)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        first, *others = (f"{cell:<{width}}" if not at else f"{cell:>{width}}" for at, (cell, width) in
                          enumerate(zip(row, widths, strict=True)))  # fmt: skip
        yield "   ".join((first, *others)).rstrip()

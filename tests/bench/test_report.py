"""
The report says met or not met by the figures, and nothing where there are none.
"""

import pytest

from bench import doors, guards
from bench.findings import ALONE, BARE_FLASK, BARE_WSGI, BESIDE_LOGINS, LARGE, SMALL, Findings, Round
from bench.load import Measured
from bench.report import (
    asks,
    client_credentials_limit,
    login_limit,
    rotation_limit,
    round_trip_limit,
    tables,
    userinfo_limit,
)
from bench.serving import Memory

PARTS = {
    "HS256 verification": 100.0,
    "HS256 signature": 100.0,
    "ES256 signature": 100.0,
    "RS256 signature, 3072 bits": 450.0,
    "SQLite read": 10.0,
    "SQLite commit, durable": 600.0,
    "Argon2id hash": 20_000.0,
}


def of(findings: Findings, kind: str = "gunicorn") -> Round:
    return findings.rounds[kind][0]


def measured(rate: float, p99: float = 1.0) -> Measured:
    return Measured(rate, 1.0, p99, 100, 0, "", ())


@pytest.fixture
def findings() -> Findings:
    verifications = (doors.INTROSPECTION, doors.VERIFY, doors.FORWARD_AUTH)
    rates = {
        BARE_WSGI: 10_000.0,
        BARE_FLASK: 1000.0,
        **dict.fromkeys(verifications, 1600.0),
        doors.REFRESH: 300.0,
        doors.LOGIN: 46.0,
        doors.ROUND_TRIP: 150.0,
        doors.CLIENT_CREDENTIALS: 800.0,
        doors.USERINFO: 900.0,
    }
    kinds = ("gunicorn", "granian")
    return Findings(
        is_quick=False,
        cores=(0, 1),
        rounds={kind: [Round(dict(rates), PARTS)] for kind in kinds},
        guards={guards.SQL: 1000.0, guards.REDIS: 2000.0, guards.BANS: 50.0, guards.SIGHTING: 1.0},
        rates={kind: {name: {16: measured(rate)} for name, rate in rates.items()} for kind in kinds},
        introspection={ALONE: measured(1000), BESIDE_LOGINS: measured(400, p99=50)},
        memory={2: Memory(90, (10, 11)), 3: Memory(110, (10, 11, 12))},
        seconds_to_first_answer=[1.0, 1.5, 9.0],
        growth={
            size: {door: [1000.0, 500.0, 2000.0] for door in (doors.INTROSPECTION, doors.REFRESH)}
            for size in (SMALL, LARGE)
        },
        crowd=1_000_000,
    )


def test_limits_are_a_second_divided_by_the_parts(findings):
    # 1,000 µs for the bare route, then 900 of parts; 20,800 for a sign-in, which reads no token.
    assert rotation_limit(of(findings)) == pytest.approx(1_000_000 / 1900)
    assert login_limit(of(findings)) == pytest.approx(1_000_000 / 21_800)


def test_limits_of_applications_are_made_of_their_own_parts(findings):
    # 1,000 µs for each Flask route; then two commits, two signatures, five reads, or one of each that is needed.
    assert round_trip_limit(of(findings)) == pytest.approx(1_000_000 / (2000 + 1200 + 550 + 50))
    assert client_credentials_limit(of(findings)) == pytest.approx(1_000_000 / 1100)
    assert userinfo_limit(of(findings)) == pytest.approx(1_000_000 / 1010)


def test_good_figures_meet_every_ask(findings):
    assert {ask.about: ask.verdict for ask in asks(findings) if ask.verdict != "met"} == {}


@pytest.mark.parametrize(
    ("spoil", "about"),
    [
        (lambda it: of(it).rates.update({doors.VERIFY: 1099}), "POST /v1/verify, gunicorn"),
        (lambda it: of(it, "granian").rates.update({doors.VERIFY: 1499}), "POST /v1/verify, granian"),
        (lambda it: of(it).rates.update({doors.REFRESH: 280}), "rotation, durable"),
        (lambda it: of(it).rates.update({doors.ROUND_TRIP: 100}), "code, round trip"),
        (lambda it: of(it).rates.update({doors.USERINFO: 400}), "userinfo"),
        (lambda it: of(it).rates.update({doors.CLIENT_CREDENTIALS: 300}), "client_credentials"),
        (lambda it: it.guards.update({guards.REDIS: 2200.0}), guards.REDIS),
        (lambda it: it.guards.update({guards.BANS: 100.0}), guards.BANS),
        (lambda it: it.memory.update({2: Memory(101, ())}), "memory after load, two workers (PSS)"),
        (
            lambda it: it.growth[LARGE].update({doors.REFRESH: [899.0, 499.0, 100.0]}),
            f"{doors.REFRESH} at 1,000,000 sessions",
        ),
        (
            lambda it: it.introspection.update({BESIDE_LOGINS: measured(400, p99=61)}),
            "introspection beside saturating logins, p99",
        ),
    ],
)
def test_a_figure_that_misses_is_called_so(findings, spoil, about):
    spoil(findings)

    assert [ask.about for ask in asks(findings) if ask.verdict == "NOT MET"] == [about]


def test_a_figure_is_held_against_those_of_its_own_round(findings):
    moods = (1.0, 0.5, 0.7)
    findings.rounds["gunicorn"] = [
        Round({name: rate * mood for name, rate in of(findings).rates.items()}, {n: p / mood for n, p in PARTS.items()})
        for mood in moods
    ]

    assert {ask.about: ask.verdict for ask in asks(findings) if ask.verdict != "met"} == {}
    assert findings.parts["SQLite read"] == pytest.approx(PARTS["SQLite read"] / 0.7)


def test_what_was_not_measured_is_neither():
    assert {ask.verdict for ask in asks(Findings(is_quick=True, cores=(0, 0)))} == {"not measured"}


def test_one_core_for_both_is_said(findings):
    findings.cores = (0, 0)

    assert "ONE core" in next(tables(findings))


def test_the_findings_are_kept_without_tokens(findings, tmp_path):
    findings.introspection[ALONE] = Measured(1, 1, 1, 1, 0, "", (b"a refresh token",))
    findings.keep(tmp_path / "latest.json")

    assert "a refresh token" not in (tmp_path / "latest.json").read_text()

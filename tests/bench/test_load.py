"""
The load generator counts what it should: good answers, others, and chains of answers.
"""

from dataclasses import replace

import pytest

from bench.doors import request
from bench.load import Load, Measured, median, run
from tests.deploy.serving import Hello


@pytest.fixture(scope="module")
def load():
    with Hello(WEB_CONCURRENCY="1") as server:
        yield Load(server.port, (request("GET", "/healthz"),), connections=3, seconds=0.05, contains=b"alive")


def test_good_answers_are_counted(load):
    measured = run(load)

    assert measured.answers > 0
    assert measured.errors == 0
    assert 0 < measured.p50 <= measured.p99


@pytest.mark.parametrize("expected", [{"contains": b"dead"}, {"begins": (b"HTTP/1.1 404",)}])
def test_other_answers_are_not(load, expected):
    measured = run(replace(load, **expected))

    assert measured.answers == 0
    assert measured.errors > 0
    assert "alive" in measured.first_error


def test_each_connection_asks_with_what_its_last_answer_gave_it(load):
    lengths = (b"1", b"22", b"333")
    chained = replace(load, requests=(request("GET", "/page?%s"),), contains=b"x", values=lengths)

    assert run(replace(chained, follow=b"Content-Length: ([0-9]+)")).values == lengths


def test_each_connection_has_requests_of_its_own(load):
    pages = tuple(request("GET", f"/page?{length}") for length in (1, 2, 3, 4))

    assert run(replace(load, requests=pages, contains=b"x")).errors == 0


def test_the_median_is_that_of_the_rates_and_carries_all_errors():
    rounds = [Measured(rate, rate, rate, 1, errors, "", ()) for rate, errors in ((3.0, 1), (1.0, 0), (2.0, 4))]

    assert (median(rounds).rate, median(rounds).errors) == (2.0, 5)

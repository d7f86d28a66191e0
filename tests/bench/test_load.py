"""
The load generator counts what it should: good answers, others, and chains of answers.
"""

from dataclasses import replace

import pytest

from bench.asking import exchange, request
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


def test_a_round_of_two_counts_once_and_by_its_second_answer(load):
    of_length = rb"(?i)\r\nContent-Length: ([0-9]+)"
    rounds = replace(load, then=request("GET", "/page?%s"), follow=of_length)
    measured = run(replace(rounds, contains=b"\r\n\r\nxxxxx"))

    assert measured.answers > 0
    assert measured.errors == 0
    assert run(replace(rounds, contains=b"\r\n\r\nalive")).answers == 0


def test_a_round_whose_first_answer_does_not_lead_on_is_an_error(load):
    measured = run(replace(load, then=request("GET", "/page?%s"), follow=b"no such thing: (.)", contains=b"xxxxx"))

    assert measured.answers == 0
    assert measured.errors > 0
    assert "alive" in measured.first_error


def test_an_exchange_is_one_question_and_the_whole_answer(load):
    answer = exchange(load.port, request("GET", "/page?70000"))

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert len(answer.partition(b"\r\n\r\n")[2]) == 70_000


def test_each_connection_has_requests_of_its_own(load):
    pages = tuple(request("GET", f"/page?{length}") for length in (1, 2, 3, 4))

    assert run(replace(load, requests=pages, contains=b"x")).errors == 0


def test_the_median_is_that_of_the_rates_and_carries_all_errors():
    rounds = [Measured(rate, rate, rate, 1, errors, "", ()) for rate, errors in ((3.0, 1), (1.0, 0), (2.0, 4))]

    assert (median(rounds).rate, median(rounds).errors) == (2.0, 5)

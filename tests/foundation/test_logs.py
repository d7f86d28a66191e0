"""The log: one JSON object a line, with the request in it and no secret."""

import json
from datetime import datetime
from io import StringIO
from pathlib import Path

import pytest

from identity_service.foundation import logs


def test_a_line_is_one_json_object_with_event_level_and_moment(logged):
    logs.logger().info("refresh.reused", user_id="66f1", attempts=3)

    (line,) = logged()
    assert datetime.fromisoformat(line.pop("time")).utcoffset().total_seconds() == 0
    assert line == {"event": "refresh.reused", "level": "info", "user_id": "66f1", "attempts": 3}


def test_what_somebody_typed_cannot_begin_a_line_of_its_own(logged):
    logs.logger().info("request.refused", agent='x"}\n{"event": "forged"}\r\u2028')

    (line,) = logged()
    assert line["event"] == "request.refused"
    assert line["agent"] == 'x"}\n{"event": "forged"}\r\u2028'


@pytest.mark.parametrize(
    "name",
    ["password", "confirm_password", "token", "refresh_token", "client_secret", "secret", "cookie", "authorization"],
)
def test_what_could_be_a_secret_is_blotted_out(logged, name):
    logs.logger().info("signed_in", **{name: "not for your eyes"})

    assert logged()[0][name] == "***"


def test_an_exception_stays_on_one_line(logged):
    try:
        raise ValueError("first\nsecond")
    except ValueError as fault:
        logs.logger().error("request.failed", exc_info=fault)

    (line,) = logged()
    assert line["level"] == "error"
    assert "ValueError: first\nsecond" in line["exception"]


def test_what_json_does_not_know_is_told_as_text(logged):
    logs.logger().info("looked", where={"a set"}, failure=KeyError("x"))

    assert logged()[0]["where"] == "{'a set'}"


def test_every_line_of_a_request_names_it_and_the_next_request_begins_anew(logged):
    logs.begin_request("5f0c3b9a77e14d02", "192.0.2.7")
    logs.logger().info("one")
    logs.begin_request("77e14d025f0c3b9a", "198.51.100.1")
    logs.logger().info("two")
    logs.end_request()
    logs.logger().info("three")

    one, two, three = logged()
    assert (one["request_id"], one["address"]) == ("5f0c3b9a77e14d02", "192.0.2.7")
    assert (two["request_id"], two["address"]) == ("77e14d025f0c3b9a", "198.51.100.1")
    assert "request_id" not in three


def test_lines_below_the_chosen_level_are_not_written(logged):
    logs.logger().debug("details")
    logs.logger().warning("careful")

    assert [line["event"] for line in logged()] == ["careful"]


def test_without_a_stream_lines_go_to_standard_output(capsys, logged):
    logs.configure("debug")
    logs.logger().debug("details")

    assert json.loads(capsys.readouterr().out)["event"] == "details"


def test_the_quick_line_of_an_answered_request_says_what_the_logger_would_say(logged):
    logs.begin_request("5f0c3b9a77e14d02", "192.0.2.7")
    facts = {"method": "GET", "route": '/a"door\\<name>', "status": 200, "ms": 1.24}
    logs.answered("GET", facts["route"], "200", 0.001239)
    logs.logger().info("request.answered", **facts)

    quick, usual = logged()
    times = [line.pop("time") for line in (quick, usual)]
    assert [time[-1] for time in times] == ["Z", "Z"]
    assert datetime.fromisoformat(times[0]) <= datetime.fromisoformat(times[1])
    assert (
        quick
        == usual
        == {
            **facts,
            "event": "request.answered",
            "level": "info",
            "request_id": "5f0c3b9a77e14d02",
            "address": "192.0.2.7",
        }
    )


def test_answered_requests_are_not_told_where_only_warnings_are_wanted():
    stream = StringIO()
    logs.configure("warning", stream)
    logs.begin_request("5f0c3b9a77e14d02", "192.0.2.7")
    logs.answered("GET", "/", "200", 0.001)
    logs.end_request()
    logs.unconfigure()

    assert stream.getvalue() == ""


def test_who_is_answered_while_the_disk_is_full_does_not_notice():
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        logs.configure("info", full)
        logs.begin_request("5f0c3b9a77e14d02", "192.0.2.7")
        logs.answered("GET", "/", "200", 0.001)
        logs.logger().error("request.failed", exc_info=ValueError("of several thousand bytes" * 1000))
        logs.end_request()
        logs.unconfigure()

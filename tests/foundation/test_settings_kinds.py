"""Switches, numbers and durations."""

from datetime import timedelta

import pytest


@pytest.mark.parametrize("text", ["true", "TRUE", " True "])
def test_true_in_any_case_is_on(build, text):
    assert build(ALLOW_SOCIAL_LOGIN=text).registration.social_login is True


@pytest.mark.parametrize("text", ["false", "FALSE", " False "])
def test_false_in_any_case_is_off(build, text):
    assert build(ALLOW_REGISTRATION=text).registration.registration is False


@pytest.mark.parametrize("text", ["1", "0", "yes", "no", "on", "off", "truee", "null"])
def test_anything_else_stops_the_start(problems, text):
    assert problems(ALLOW_SOCIAL_LOGIN=text) == ["ALLOW_SOCIAL_LOGIN must be true or false."]


@pytest.mark.parametrize("name", ["ALLOW_EMAIL_LOGIN", "ALLOW_ACCOUNT_DELETION", "ALLOW_EMAIL_CHANGE"])
def test_a_blank_value_switches_off_what_is_on_when_unset(build, name):
    switches = build(**{name: ""}).registration.model_dump()
    field = name.removeprefix("ALLOW_").lower()
    assert switches.pop(field) is False
    assert build().registration.model_dump()[field] is True


def test_a_blank_value_in_the_environment_also_switches_off_what_the_file_says(from_file):
    assert from_file("ALLOW_EMAIL_LOGIN=true\n", ALLOW_EMAIL_LOGIN="").registration.email_login is False


def test_a_blank_value_elsewhere_is_the_default(build):
    assert build(ALLOW_REGISTRATION="", PORT=" ", SESSION_EXPIRY="") == build()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SESSION_EXPIRY", "0"),
        ("SESSION_EXPIRY", "-1000"),
        ("SESSION_EXPIRY", "9**9"),
        ("SESSION_EXPIRY", "1/0"),
        ("SESSION_EXPIRY", "9" * 100),
        ("SESSION_EXPIRY", "1000 * 60 * 60 * 24 * 365 * 200"),
        ("REFRESH_TOKEN_EXPIRY", "seven days"),
        ("BAN_DURATION", "0 - 1"),
        ("LOGIN_WINDOW", "0"),
        ("LOGIN_WINDOW", "-5"),
        ("LOGIN_MAX", "0"),
        ("LOGIN_MAX", "2.5"),
        ("REGISTER_MAX", "-1"),
        ("LOGIN_VIOLATION_SCORE", "-1"),
        ("BAN_INTERVAL", "0"),
        ("PORT", "65536"),
        ("TRUST_PROXY", "-1"),
        ("TRUST_PROXY", "true"),
        ("WEB_CONCURRENCY", "0"),
        ("SERVER_THREADS", "0"),
        ("HASH_CONCURRENCY", "0"),
        ("HASH_QUEUE", "-1"),
        ("MIN_PASSWORD_LENGTH", "7"),
        ("MIN_PASSWORD_LENGTH", "129"),
        ("REUSE_LEEWAY", "-1"),
        ("VIOLATION_HALF_LIFE", "-1"),
        ("EMAIL_PORT", "0"),
    ],
)
def test_what_makes_no_sense_stops_the_start(problems, name, text):
    assert [problem.split()[0] for problem in problems(**{name: text})] == [name]


@pytest.mark.parametrize("text", ["900000", "1000 * 60 * 15", "(1000*60)*15", "1800000 / 2"])
def test_an_expiry_is_in_milliseconds_and_may_be_a_sum(build, text):
    assert build(SESSION_EXPIRY=text).lifetimes.access == timedelta(minutes=15)


def test_a_window_is_in_minutes_and_may_be_a_sum(build):
    assert build(LOGIN_WINDOW="5 * 2").moderation.login_window == timedelta(minutes=10)


def test_a_ban_is_in_milliseconds(build):
    assert build(BAN_DURATION="1000 * 60 * 60 * 2").moderation.ban_duration == timedelta(hours=2)


@pytest.mark.parametrize(
    ("name", "group", "field"),
    [
        ("TRUST_PROXY", "server", "trust_proxy"),
        ("HASH_QUEUE", "passwords", "hash_queue"),
        ("LOGIN_VIOLATION_SCORE", "scores", "login"),
    ],
)
def test_zero_counts_where_it_makes_sense(build, name, group, field):
    assert getattr(getattr(build(**{name: "0"}), group), field) == 0


@pytest.mark.parametrize("name", ["BAN_DURATION", "VIOLATION_HALF_LIFE"])
def test_a_duration_of_zero_counts_where_it_means_never(build, name):
    moderation = build(**{name: "0"}).moderation
    assert timedelta(0) in {moderation.ban_duration, moderation.half_life}


def test_submissions_and_second_steps_follow_their_requests(build):
    moderation = build(RESET_PASSWORD_MAX="9", LOGIN_MAX="3", LOGIN_WINDOW="1", TWO_FACTOR_TEMP_WINDOW="4").moderation
    assert (moderation.reset_password_submission_max, moderation.two_factor_max) == (9, 3)
    assert moderation.two_factor_window == timedelta(minutes=4)

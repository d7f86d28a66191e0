"""POST /v1/violations: what a chat back end saw somebody do, taken once, and only from a back end that may report."""

import pytest

from tests.fakes import people
from tests.fakes.applications import application, basic, own_token

MAY = "openid violations bans"
PATH = "/v1/violations"


@pytest.fixture
def grace(services, ada):
    return people.person(services, "grace@example.org")


@pytest.fixture
def report(services, browser):
    """Report as a back end that may."""
    header = basic(application(services, scope=MAY))
    return lambda told, **more: browser.post(PATH, json=told, headers={**header, **more})


def test_a_violation_is_taken_and_says_whether_the_person_is_banned_now(report, grace):
    taken = report({"type": "concurrent", "user_id": grace.id, "address": "192.0.2.7"})
    assert (taken.status_code, taken.json["outcome"], taken.json["banned"]) == (200, "recorded", False)

    assert report({"type": "non_browser", "user_id": grace.id}).json["banned"] is True


def test_many_are_taken_in_their_order(report, grace):
    told = [{"type": "concurrent", "user_id": grace.id}, {"type": "general", "user_id": "f" * 24}]

    taken = report({"violations": [*told, {"type": "tts_limit", "address": "192.0.2.7"}]})
    assert [each["outcome"] for each in taken.json["results"]] == ["recorded", "user_unknown", "recorded"]


@pytest.mark.parametrize("how", ["in the body", "in the header"])
def test_the_same_key_is_taken_once(services, report, grace, how):
    told, header = {"type": "concurrent", "user_id": grace.id}, {}
    if how == "in the body":
        told["key"] = "message 1"
    else:
        header["Idempotency-Key"] = "message 1"

    assert [report(told, **header).json["outcome"] for _ in range(3)] == ["recorded", "repeated", "repeated"]
    assert len(services.moderation.violations.of_holder(grace.id)) == 1


def test_the_key_of_a_request_counts_for_each_of_its_violations(report, grace):
    told = {"violations": [{"type": "concurrent", "user_id": grace.id}] * 2}
    header = {"Idempotency-Key": "a batch"}

    assert [each["outcome"] for each in report(told, **header).json["results"]] == ["recorded"] * 2
    assert [each["outcome"] for each in report(told, **header).json["results"]] == ["repeated"] * 2


def test_the_keys_of_two_back_ends_are_two_keys(services, browser, report, grace):
    told = {"type": "concurrent", "user_id": grace.id, "key": "one"}
    other = basic(application(services, scope=MAY))

    assert report(told).json["outcome"] == browser.post(PATH, json=told, headers=other).json["outcome"] == "recorded"


@pytest.mark.parametrize("unknown", ["ban", "CONCURRENT", "logins ", "x"])
def test_a_type_that_nobody_knows_is_refused_by_name_and_nothing_is_taken(services, report, grace, unknown):
    told = [{"type": "concurrent", "user_id": grace.id}, {"type": unknown, "user_id": grace.id}]
    refused = report({"violations": told})

    assert (refused.status_code, refused.json["code"]) == (422, "violation_unknown")
    assert repr(unknown) in refused.json["title"]
    assert services.moderation.violations.of_holder(grace.id) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"type": "concurrent"},
        {"type": "concurrent", "user_id": "nobody"},
        {"type": "concurrent", "address": "somewhere"},
        {"violations": []},
        {"type": "concurrent", "violations": [{"type": "concurrent", "address": "192.0.2.7"}]},
        {"violations": [{"type": "concurrent", "address": "192.0.2.7"}] * 101},
        {"type": "concurrent", "user_id": {"$ne": ""}},
        {"type": "concurrent", "address": "192.0.2.7", "key": ""},
    ],
)
def test_what_cannot_be_is_refused(report, wrong):
    assert (report(wrong).status_code, report(wrong).json["code"]) == (400, "invalid_input")


def test_a_score_does_not_come_from_outside(services, report, grace):
    report({"type": "concurrent", "user_id": grace.id, "score": 1000})

    assert [each.points for each in services.moderation.violations.standings(grace.id)] == [1]


def test_an_address_is_kept_as_ours_are(services, report):
    report({"type": "concurrent", "address": "::ffff:192.0.2.7"})
    report({"type": "concurrent", "address": "2001:DB8:0::1%eth0"})

    told = services.moderation.violations
    assert [each.offence.address for each in told.of_holder("192.0.2.7")] == ["192.0.2.7"]
    assert [each.offence.address for each in told.of_holder("2001:db8::/64")] == ["2001:db8::1"]


def test_only_a_back_end_that_may_report_reports(services, browser, grace):
    told = {"type": "non_browser", "user_id": grace.id}
    may, may_not = application(services, scope=MAY), application(services)
    tries = [
        browser.post(PATH, json=told, headers=headers)
        for headers in (
            {},
            {"Authorization": "Basic eDp5"},
            basic(may_not),
            {"Authorization": f"Bearer {own_token(services, may_not.client)}"},
            {"Authorization": f"Bearer {people.session(services, grace).access_token}"},
        )
    ]

    assert [(each.status_code, each.json["code"]) for each in tries] == [
        (401, "invalid_client"),
        (401, "invalid_client"),
        (403, "insufficient_scope"),
        (403, "insufficient_scope"),
        (401, "invalid_token"),
    ]
    header = {"Authorization": f"Bearer {own_token(services, may.client)}"}
    assert browser.post(PATH, json=told, headers=header).status_code == 200

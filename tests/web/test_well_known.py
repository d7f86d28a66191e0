"""The published keys, and how long they may be cached."""

from datetime import timedelta

import pytest

from identity_service.keys.rotation import CACHE_LIFE
from tests.fakes.people import person, session
from tests.fakes.tokens import header_of

JWKS = "/.well-known/jwks.json"


@pytest.fixture
def first(browser):
    return browser.get(JWKS)


def test_anybody_reads_the_keys_that_sign_and_will_sign(first, services):
    assert first.status_code == 200
    assert first.mimetype == "application/json"
    begun = session(services, person(services))
    assert header_of(begun.access_token)["kid"] in {key["kid"] for key in first.json["keys"]}
    assert len(first.json["keys"]) == 4


def test_no_private_member_is_published(first):
    members = {name for key in first.json["keys"] for name in key}

    assert members == {"kty", "crv", "x", "y", "n", "e", "kid", "alg", "use"}


def test_the_set_may_be_cached_for_as_long_as_keys_wait_before_they_sign(first):
    assert first.headers["Cache-Control"] == f"public, max-age={CACHE_LIFE // timedelta(seconds=1)}"


def test_who_has_the_present_set_is_told_so(browser, first):
    again = browser.get(JWKS, headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Cache-Control"] == first.headers["Cache-Control"]


@pytest.mark.parametrize("tag", ['"another"', "garbage", ""])
def test_who_has_another_set_gets_the_present_one(browser, first, tag):
    assert browser.get(JWKS, headers={"If-None-Match": tag}).json == first.json


def test_the_tag_changes_with_the_set(browser, services, clock, first):
    services.administer.rotate_keys()
    clock.advance(timedelta(seconds=1))
    later = browser.get(JWKS, headers={"If-None-Match": first.headers["ETag"]})

    assert later.status_code == 200
    assert len(later.json["keys"]) == 6
    assert later.headers["ETag"] != first.headers["ETag"]


def test_the_head_of_the_set_says_the_same_without_it(browser, first):
    head = browser.head(JWKS)

    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", first.headers["ETag"])

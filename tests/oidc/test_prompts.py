"""What the person must still do: one table of reasons, the first that holds, and what is said instead of asking."""

from dataclasses import replace

import pytest

from identity_service.oidc.prompts import (
    ACR_VALUES,
    PROMPTS,
    Consented,
    Done,
    Present,
    Standing,
    Step,
    next_step,
    refusal,
)
from identity_service.oidc.requests import AuthorizationRequest
from identity_service.oidc.scopes import parse_claims

SECOND = 1_000_000
NOW = 1_773_480_413 * SECOND
BEGUN = NOW - 60 * SECOND
SCOPE = ("openid", "profile")
EARLIER = Present("the session", "ada", BEGUN - 3600 * SECOND, ("pwd",), "1")
JUST_NOW = replace(EARLIER, auth_time=BEGUN)
SETTLED = Standing(NOW, EARLIER, Done(BEGUN), remembered=SCOPE)
NOBODY = replace(SETTLED, present=None, remembered=())
RETURNED = replace(SETTLED, present=JUST_NOW)
UNPROVEN = replace(SETTLED, present=replace(JUST_NOW, is_proven=False))


def request(*prompt, claims="{}", scope=SCOPE, max_age=None):
    return AuthorizationRequest(
        "chat",
        "https://client.example/cb",
        scope,
        prompt=frozenset(prompt),
        max_age=max_age,
        claims=parse_claims(claims),
    )


def next_name(asked, standing):
    check = next_step(asked, standing)
    return check.name if check else None


def consented(*scope, session_id="the session", standing=SETTLED):
    return replace(standing, done=replace(standing.done, consented=Consented(session_id, scope)))


def chosen(session_id, standing=SETTLED):
    return replace(standing, done=replace(standing.done, chosen_session_id=session_id))


def acr(*values, **more):
    told = ", ".join(f'"{value}"' for value in values)
    essential = str(more.get("essential", True)).lower()
    return f'{{"id_token": {{"acr": {{"essential": {essential}, "values": [{told}]}}}}}}'


def sub(value, member="id_token"):
    return f'{{"{member}": {{"sub": {{"value": "{value}"}}}}}}'


def test_nothing_is_left_to_do_for_somebody_who_is_signed_in_and_has_agreed():
    assert next_step(request(), SETTLED) is None
    assert next_step(request("none"), SETTLED) is None


@pytest.mark.parametrize(
    ("asked", "standing", "name"),
    [
        (request(), NOBODY, "no_session"),
        (request("none"), NOBODY, "no_session"),
        (request("login", "consent", "select_account"), NOBODY, "no_session"),
        # a new sign-in
        (request("login"), SETTLED, "login_asked_for"),
        (request("login"), replace(SETTLED, present=replace(EARLIER, auth_time=BEGUN - 1)), "login_asked_for"),
        (request("login"), RETURNED, None),
        (request("login", "consent"), RETURNED, "consent_asked_for"),
        (request("login"), UNPROVEN, "login_asked_for"),
        # an age
        (request(max_age=3660), SETTLED, None),
        (request(max_age=3659), SETTLED, "too_long_ago"),
        (request(max_age=3659), RETURNED, None),
        (request(max_age=0), SETTLED, "too_long_ago"),
        (request(max_age=0), replace(SETTLED, present=replace(EARLIER, auth_time=BEGUN - 1)), "too_long_ago"),
        (request(max_age=0), RETURNED, None),
        (request(max_age=10), RETURNED, None),
        (request("none", max_age=0), SETTLED, "too_long_ago"),
        (request(max_age=3659), UNPROVEN, "too_long_ago"),
        (request(max_age=3659), replace(SETTLED, present=replace(EARLIER, is_proven=False)), "too_long_ago"),
        (request(), UNPROVEN, None),
        # a hint
        (request(), replace(SETTLED, hinted_user_id="ada"), None),
        (request(), replace(SETTLED, hinted_user_id="bob"), "not_who_was_hinted"),
        (request(), replace(RETURNED, hinted_user_id="bob"), "not_who_was_hinted"),
        (request("none"), replace(SETTLED, hinted_user_id="bob"), "not_who_was_hinted"),
        (request("none"), replace(NOBODY, hinted_user_id="ada"), "no_session"),
        # claims that name a person
        (request(claims=sub("ada")), SETTLED, None),
        (request(claims=sub("bob")), SETTLED, "not_who_was_claimed"),
        (request(claims=sub("bob", "userinfo")), SETTLED, "not_who_was_claimed"),
        (request(claims='{"id_token": {"sub": {"values": ["bob", "ada"]}}}'), SETTLED, None),
        (request(claims='{"id_token": {"sub": {"essential": true}}}'), SETTLED, None),
        # a strength
        (request(claims=acr("1")), SETTLED, None),
        (request(claims=acr("2", "1")), SETTLED, None),
        (request(claims=acr()), SETTLED, None),
        (request(claims=acr("2")), SETTLED, "acr_out_of_reach"),
        (request(claims=acr("2")), NOBODY, "acr_out_of_reach"),
        (request(claims=acr("2", essential=False)), SETTLED, None),
        (request(claims='{"id_token": {"acr": {"essential": true, "value": 1}}}'), SETTLED, "acr_out_of_reach"),
        (request(claims='{"userinfo": {"acr": {"essential": true, "value": "2"}}}'), SETTLED, None),
        (request(claims=acr("1")), replace(SETTLED, present=replace(EARLIER, acr="0")), "acr_not_reached"),
        (request(claims=acr("1", essential=False)), replace(SETTLED, present=replace(EARLIER, acr="0")), None),
        # a choice of account
        (request("select_account"), SETTLED, "account_not_chosen"),
        (request("select_account"), chosen("the session"), None),
        (request("select_account"), chosen("another session"), "account_not_chosen"),
        (request("select_account"), RETURNED, None),
        (request("select_account"), UNPROVEN, None),
        (request("login", "select_account"), chosen("the session"), "login_asked_for"),
        # consent
        (request("consent"), SETTLED, "consent_asked_for"),
        (request("consent"), replace(SETTLED, is_client_trusted=True), "consent_asked_for"),
        (request("consent"), consented(*SCOPE), None),
        (request("consent"), consented("openid"), "consent_asked_for"),
        (request("consent"), consented(*SCOPE, session_id="another session"), "consent_asked_for"),
        (request(), replace(SETTLED, remembered=()), "not_allowed"),
        (request(), replace(SETTLED, remembered=("openid",)), "not_allowed"),
        (request(), replace(SETTLED, remembered=("roles", *SCOPE)), None),
        (request(), replace(SETTLED, remembered=(), is_client_trusted=True), None),
        (request(), consented(*SCOPE, standing=replace(SETTLED, remembered=())), None),
        (request(), consented("openid", standing=replace(SETTLED, remembered=())), "not_allowed"),
        (request("none"), replace(SETTLED, remembered=()), "not_allowed"),
        # access while the person is away
        (request(scope=("openid", "offline_access")), SETTLED, "not_allowed"),
        (request(scope=("openid", "offline_access")), replace(SETTLED, remembered=("openid", "offline_access")), None),
        (request(scope=("openid", "offline_access")), replace(SETTLED, is_client_trusted=True), None),
        (request("consent", scope=("openid", "offline_access")), consented("openid", "offline_access"), None),
        # claims that are asked for one by one
        (request(claims='{"userinfo": {"email": null}}'), SETTLED, "not_allowed"),
        (request(claims='{"userinfo": {"email": null}}'), replace(SETTLED, remembered=(*SCOPE, "email")), None),
        (request(claims='{"userinfo": {"email": null}}'), consented(*SCOPE), "not_allowed"),
        (request(claims='{"userinfo": {"email": null}}'), consented(*SCOPE, "email"), None),
        (request(claims='{"userinfo": {"name": null, "auth_time": null}}'), SETTLED, None),
    ],
)
def test_the_first_reason_that_holds_is_the_next_step(asked, standing, name):
    assert next_name(asked, standing) == name


@pytest.mark.parametrize(
    ("name", "error", "step"),
    [
        ("acr_out_of_reach", "unmet_authentication_requirements", Step.REFUSE),
        ("no_session", "login_required", Step.SIGN_IN),
        ("login_asked_for", "login_required", Step.SIGN_IN),
        ("too_long_ago", "login_required", Step.SIGN_IN),
        ("not_who_was_hinted", "login_required", Step.SIGN_IN),
        ("not_who_was_claimed", "login_required", Step.SIGN_IN),
        ("acr_not_reached", "login_required", Step.SIGN_IN),
        ("account_not_chosen", "account_selection_required", Step.SELECT_ACCOUNT),
        ("consent_asked_for", "consent_required", Step.CONSENT),
        ("not_allowed", "consent_required", Step.CONSENT),
    ],
)
def test_each_reason_asks_for_a_step_and_has_an_error(name, error, step):
    check = {check.name: check for check in PROMPTS}[name]

    assert (check.error, check.step) == (error, step)
    assert refusal(request("none"), check) == error
    assert refusal(request(), check) == (error if step is Step.REFUSE else None)


def test_the_reasons_have_names_of_their_own():
    assert len({check.name for check in PROMPTS}) == len(PROMPTS) == 10


@pytest.mark.parametrize("check", PROMPTS, ids=lambda check: check.name)
def test_without_anybody_signed_in_each_reason_can_still_be_asked(check):
    everything = request("login", "consent", "select_account", claims=sub("ada"), max_age=10)

    assert check.holds(everything, replace(NOBODY, hinted_user_id="ada")) is (not check.name.startswith("acr_"))
    assert check.holds(request(claims=acr(*ACR_VALUES)), NOBODY) is (
        check.name in {"no_session", "acr_not_reached", "not_allowed"}
    )


def test_a_person_comes_to_an_end_of_everything_that_can_be_asked_for():
    asked = request("login", "consent", "select_account", claims=sub("ada"), max_age=0)
    standing, path = replace(NOBODY, hinted_user_id="ada"), []
    while check := next_step(asked, standing):
        path.append(check.step)
        if check.step is Step.SIGN_IN:
            standing = replace(standing, present=replace(JUST_NOW, auth_time=NOW))
        else:
            standing = consented(*asked.asks_for, standing=standing)

    assert path == [Step.SIGN_IN, Step.CONSENT]


def test_somebody_who_was_there_before_chooses_signs_in_and_agrees():
    asked, standing, path = request("select_account", "consent"), SETTLED, []
    while check := next_step(asked, standing):
        path.append(check.step)
        standing = (
            chosen("the session", standing)
            if check.step is Step.SELECT_ACCOUNT
            else consented(*asked.asks_for, standing=standing)
        )

    assert path == [Step.SELECT_ACCOUNT, Step.CONSENT]

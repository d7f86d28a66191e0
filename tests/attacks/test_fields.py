"""
Good bodies with bad values: wrong types, operators, names that command a terminal, fields that nobody asked for.

Leaves to others: bodies that cannot be read (test_bodies), passwords that are too weak (accounts).
"""

import pytest

from tests.attacks.crowd import PASSWORD, login, registration
from tests.attacks.manners import is_mannered

pytestmark = pytest.mark.environ(REGISTER_MAX="100000", LOGIN_MAX="100000", HASH_QUEUE="1000")

OPERATORS = [{"$ne": ""}, {"$gt": ""}, {"$regex": ".*"}, {"$where": "1"}, {"$in": ["ada@example.org"]}]
NO_TEXT = [None, True, 0, 1.5, 10**4000, 1e308, [], ["ada@example.org"], {}, *OPERATORS]
CONTROLS = ["\x01", "\n", "\r\n", "\t", "\x1b[2J", "\x7f", "\x85", "\x9b", "\u202e", "\u2066"]


@pytest.fixture
def post(bare):
    """Send a filled-in form, with some fields changed."""

    def send(form, **changed):
        answer = bare.post(form.path, json={**form.body, **changed})
        assert is_mannered(answer, form.path)
        return answer

    return send


@pytest.mark.parametrize("field", ["name", "email", "password", "confirm_password"])
@pytest.mark.parametrize("value", NO_TEXT, ids=lambda value: repr(value)[:30])
def test_a_field_of_the_sign_up_form_is_a_text(post, services, field, value):
    answer = post(registration("ada@example.org"), **{field: value})

    assert (answer.status_code, answer.json["code"]) == (404, "invalid_input")
    assert answer.json["message"].startswith(f"{field}: ")
    assert services.capabilities.users.count() == 0


@pytest.mark.parametrize("field", ["email", "password"])
@pytest.mark.parametrize("value", NO_TEXT, ids=lambda value: repr(value)[:30])
def test_a_field_of_the_sign_in_form_is_a_text(post, ada, field, value):
    answer = post(login("ada@example.org"), **{field: value})

    assert (answer.status_code, answer.json["code"]) == (404, "invalid_input")


@pytest.mark.parametrize("value", [v for v in NO_TEXT if v is not None], ids=lambda value: repr(value)[:30])
def test_a_username_is_a_text_or_nothing(post, value):
    assert post(registration("ada@example.org"), username=value).json["code"] == "invalid_input"


@pytest.mark.parametrize("value", [None, "yes", "true", 1, 0, [], {"$ne": False}], ids=repr)
def test_whether_to_stay_signed_in_here_is_yes_or_no(bare, ada, value):
    headers = {"Authorization": f"Bearer {ada.access_token}"}

    answer = bare.post("/api/auth/logout-all", json={"keep_current": value}, headers=headers)

    assert is_mannered(answer, "/api/auth/logout-all")
    assert (answer.status_code, answer.json["code"]) == (404, "invalid_input")


@pytest.mark.parametrize("control", CONTROLS, ids=ascii)
@pytest.mark.parametrize("field", ["name", "username", "email"])
def test_a_name_does_not_command_a_terminal(post, services, field, control):
    spoiled = f"ada{control}lovelace" if field != "email" else f"ada{control}l@example.org"

    assert post(registration("ada@example.org"), **{field: spoiled}).json["code"] == "invalid_input"
    assert services.capabilities.users.count() == 0


@pytest.mark.parametrize(
    "username", ["a", "a" * 81, "<b>ada</b>", "ada;--", "$ne ada", "{ada}", 'a"b', "a'b", "a*b", "a/b", "a=b", "a\\b"]
)
def test_a_username_holds_nothing_that_means_something_elsewhere(post, username):
    assert post(registration("ada@example.org"), username=username).json["code"] == "invalid_input"


def test_fields_that_nobody_asked_for_change_nothing(post, services, sign_in):
    first = sign_in("first@example.org")
    wanted = registration("eve@example.org", username="eve")
    smuggled = {"role": "ADMIN", "emailVerified": True, "email_verified": True, "provider": "google", "id": "0" * 24}
    smuggled |= {"_id": first.person.id, "isAdmin": True, "password_hash": "x", "balance": 10**9, "tokenCredits": 10**9}
    smuggled |= {"created_at": "1970-01-01", "closing_at": None, "__proto__": {"role": "ADMIN"}, "token": "invite"}

    assert post(wanted, **smuggled).status_code == 200

    eve = services.capabilities.users.by_email("eve@example.org")
    assert (eve.role, eve.email_verified, eve.provider, eve.is_closing) == ("USER", False, "local", False)
    assert eve.id not in {first.person.id, "0" * 24}
    assert post(login("eve@example.org"), role="ADMIN", sid="x").json["user"]["role"] == "USER"


@pytest.mark.parametrize(
    "email",
    [
        "ada",
        "ada@",
        "@example.org",
        "a@b@c",
        "ada@example",
        "ada@-x.org",
        "ada@[127.0.0.1]",
        "=?utf-8?q?a?=@example.org",
        "a" * 65 + "@example.org",
        "ada@" + "x" * 300 + ".org",
        "ada @example.org",
        "ada@exa mple.org",
        "ada@example..org",
        "' OR 1=1 --@example.org",
        "ada@example.org,eve@example.org",
        "Ada <ada@example.org>",
        "ada@example.org\u200b",
    ],
)
def test_what_is_no_address_makes_no_account(post, services, email):
    assert post(registration(email)).json["code"] == "invalid_input"
    assert post(login(email)).json["code"] in {"invalid_input", "wrong_credentials"}
    assert services.capabilities.users.count() == 0


@pytest.mark.parametrize(
    "password", ["x" * 129, "\u5bc6" * 129, "y" * 1025, " " * 20, "short", ""], ids=lambda password: ascii(password)[:8]
)
def test_a_password_out_of_bounds_is_refused_and_not_cut(post, services, password):
    answer = post(registration("ada@example.org"), password=password, confirm_password=password)

    assert answer.json["code"] == "invalid_input"
    assert services.capabilities.users.count() == 0
    assert post(login("ada@example.org", password)).status_code == 404


@pytest.mark.parametrize(
    "password", ["\U0001f511 " * 32, "\u5bc6" * 64, "a'; DROP TABLE users; --", "<script>{{7*7}}</script>"]
)
def test_a_password_may_hold_anything_and_counts_to_its_last_letter(post, password):
    form = registration("ada@example.org", password=password, confirm_password=password)

    assert post(form).status_code == 200
    assert post(login("ada@example.org", password)).status_code == 200
    assert post(login("ada@example.org", password[:-1])).status_code == 404
    assert post(login("ada@example.org", password + " ")).status_code == 404


def test_nothing_that_was_typed_is_repeated_in_a_refusal(post):
    typed = {"name": "<b>x</b>\x01", "email": "canary@@example.org", "password": "a canary of a password\x01"}

    answer = post(registration("ada@example.org"), **typed, confirm_password=[PASSWORD])

    assert answer.json["code"] == "invalid_input"
    assert "canary" not in answer.text
    assert "<b>" not in answer.text

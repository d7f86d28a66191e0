"""What claims of an OpenID issuer mean: names, addresses, roles, tenants."""

import pytest

from identity_service.upstream.provider import Farewell, NotProven, Reason, Roles
from identity_service.upstream.providers.openid import OpenID
from tests.upstream.conftest import CALLBACK, ISSUER, TRIP

ENTRA = "https://login.microsoftonline.com"
TENANT, OTHER = "72f988bf-86f1-41af-91ab-2d7cd011db47", "9188040d-6c67-4c5b-b112-36a304b66dad"

CHOSEN = {"username_claim": "upn", "name_claim": "nick"}


@pytest.fixture
def told(issuer, trusting):
    """Return the identity that *claims* make."""

    def identify(userinfo=None, claims=None, **chosen):
        issuer.userinfo = {"sub": "4711", **(userinfo or {})}
        return trusting(**chosen).identify(CALLBACK, TRIP, issuer.answers(**(claims or {})))

    return identify


@pytest.mark.parametrize(
    ("claims", "chosen", "username", "name"),
    [
        ({"preferred_username": "ada", "username": "x", "name": "Ada L"}, {}, "ada", "Ada L"),
        ({"username": "ada", "given_name": "Ada", "family_name": "Lovelace"}, {}, "ada", "Ada Lovelace"),
        ({"email": "a@b.example", "family_name": "Lovelace"}, {}, "a@b.example", "Lovelace"),
        ({"preferred_username": ["ada", "l"], "given_name": "Ada"}, {}, "ada_l", "Ada"),
        ({"upn": "ada", "nick": "Countess", "username": "x"}, CHOSEN, "ada", "Countess"),
        ({"username": "x", "name": "y"}, CHOSEN, "", ""),
        ({"username": "a\u202eb\n", "name": "x" * 300}, {}, "a b", "x" * 80),
        ({"preferred_username": {"a": 1}, "name": 7}, {}, "", ""),
    ],
)
def test_names_are_where_the_chat_application_looks_for_them(told, claims, chosen, username, name):
    found = told(claims, **chosen)

    assert (found.username, found.name) == (username, name)


@pytest.mark.parametrize(
    ("claims", "userinfo", "is_verified"),
    [
        ({"email": "a@b.example", "email_verified": True}, {}, True),
        ({}, {"email": "a@b.example", "email_verified": True}, True),
        ({}, {"email": "a@b.example", "email_verified": "true"}, False),
        ({}, {"email": "a@b.example", "email_verified": 1}, False),
        ({}, {"email": "a@b.example"}, False),
        ({"email": "a@b.example", "email_verified": True}, {"email": "a@b.example", "email_verified": "true"}, True),
        ({"email": "a@b.example", "email_verified": True}, {"email": "a@b.example", "email_verified": False}, False),
        ({"email": "a@b.example", "email_verified": True}, {"email": "a@b.example", "email_verified": "false"}, False),
        ({"email": "other@b.example", "email_verified": True}, {"email": "a@b.example"}, False),
        ({"preferred_username": "a@b.example", "email_verified": True}, {}, False),
    ],
)
def test_an_address_is_verified_only_by_a_boolean_that_is_about_it(told, claims, userinfo, is_verified):
    found = told(userinfo, claims)

    assert (found.email, found.email_verified) == ("a@b.example", is_verified)


@pytest.mark.parametrize(("size", "is_kept"), [(2048, True), (2049, False), (5000, False)])
def test_a_picture_whose_address_is_too_long_is_none(told, size, is_kept):
    picture = "https://pictures.example/ada?".ljust(size, "x")

    assert told({"picture": picture}).avatar == (picture if is_kept else None)


def test_the_claim_of_the_address_is_the_operator_s(told):
    found = told({"mail": "a@b.example", "email": "x@b.example", "email_verified": True}, email_claim="mail")

    assert (found.email, found.email_verified) == ("a@b.example", False)


REQUIRED = {"required_role": ("staff", "guest"), "required_role_path": "realm.roles", "required_role_token": "id"}


@pytest.mark.parametrize("roles", [["staff"], "guest other", "other,staff"])
def test_one_of_the_required_roles_is_enough(told, roles):
    assert told(claims={"realm": {"roles": roles}}, **REQUIRED).subject == "4711"


@pytest.mark.parametrize("roles", [["Domain Users", "other"], "Domain Users"])
def test_a_role_may_have_spaces_in_a_list_and_alone(told, roles):
    chosen = {**REQUIRED, "required_role": ("Domain Users",), **ADMIN, "admin_role": "Domain Users"}

    assert told({"groups": roles}, {"realm": {"roles": roles}}, **chosen).roles.is_admin


@pytest.mark.parametrize(
    "realm", [None, {}, {"roles": []}, {"roles": ["Staff"]}, {"roles": True}, {"roles": [["staff"]]}]
)
def test_without_a_required_role_nobody_comes_in(told, realm):
    with pytest.raises(NotProven) as refused:
        told(claims={"realm": realm}, **REQUIRED)
    assert refused.value.reason is Reason.ROLE


ADMIN = {"admin_role": "boss", "admin_role_path": "groups", "admin_role_token": "userinfo"}


@pytest.mark.parametrize(("groups", "is_admin"), [(["boss"], True), (True, True), ("x boss", True), ([], False)])
def test_the_administrator_s_role_makes_one_and_its_absence_says_so(told, groups, is_admin):
    assert told({"groups": groups}, **ADMIN).roles == Roles(is_admin=is_admin)


def test_a_claim_whose_name_has_dots_is_found(told):
    chosen = {**ADMIN, "admin_role_path": "https://us.example/roles"}

    assert told({"https://us.example/roles": ["boss"]}, **chosen).roles.is_admin


@pytest.mark.parametrize(
    ("roles", "named"), [(["EDITOR", "viewer"], "viewer"), (["x"], "guest"), (["admin"], "guest"), ([], "guest")]
)
def test_the_first_role_of_the_list_counts_and_never_makes_an_administrator(told, roles, named):
    sync = {"role_sync_enabled": True, "role_sync_claim": "roles", "role_sync_fallback": "guest"}

    assert told(claims={"roles": roles}, role_sync_priority=("viewer", "editor"), **sync).roles.named == named
    assert told(claims={"roles": ["admin"]}, role_sync_priority=("Admin",), **sync).roles.named is None


ACCESS = {**REQUIRED, "required_role_token": "access"}


@pytest.mark.parametrize(
    ("changed", "header", "is_let_in"),
    [
        ({}, {}, True),
        ({}, {"typ": "at+jwt"}, True),
        ({"aud": "the api"}, {}, True),
        ({"iss": "https://evil.example"}, {}, False),
        ({"sub": "another"}, {}, False),
        ({"exp": 1}, {}, False),
        ({}, {"typ": "logout+jwt"}, False),
        ({}, {"alg": "none"}, False),
    ],
)
def test_an_access_token_is_heard_only_if_the_issuer_has_signed_it(issuer, told, changed, header, is_let_in):
    claims = issuer.claims(realm={"roles": ["staff"]}, **changed)
    issuer.tokens["access_token"] = issuer.key.sign(claims, **header)

    if is_let_in:
        assert told(**ACCESS).subject == "4711"
        return
    with pytest.raises(NotProven) as refused:
        told(**ACCESS)
    assert refused.value.reason is Reason.ROLE


def test_an_access_token_that_is_opaque_says_nothing(told):
    with pytest.raises(NotProven) as refused:
        told(**ACCESS)
    assert refused.value.reason is Reason.ROLE


def entra(issuer, configured="common"):
    base = f"{ENTRA}/{configured}/v2.0"
    issuer.document |= {"issuer": f"{ENTRA}/{{tenantid}}/v2.0", "userinfo_endpoint": None}
    line = issuer.answers(iss=f"{ENTRA}/{TENANT}/v2.0", tid=TENANT)
    line.script[f"{base}/.well-known/openid-configuration"] = issuer.document
    return base, line


def test_a_person_of_a_tenant_is_known_by_that_tenant_s_issuer(issuer, trusting):
    base, line = entra(issuer)

    assert trusting(issuer=base).identify(CALLBACK, TRIP, line).issuer == f"{ENTRA}/{TENANT}/v2.0"


@pytest.mark.parametrize("tid", [OTHER, None, "", 7])
def test_a_token_that_names_another_tenant_than_its_issuer_is_refused(issuer, trusting, tid):
    base, line = entra(issuer)
    forged = issuer.answers(iss=f"{ENTRA}/{TENANT}/v2.0", tid=tid)
    forged.script[f"{base}/.well-known/openid-configuration"] = issuer.document

    with pytest.raises(NotProven):
        trusting(issuer=base).identify(CALLBACK, TRIP, line)


@pytest.mark.parametrize(("owner", "is_good"), [("{tenantid}", True), (TENANT, True), (OTHER, False)])
def test_a_key_of_another_tenant_signs_for_nobody_else(issuer, trusting, owner, is_good):
    base, line = entra(issuer)
    for door in line.script.values():
        if "keys" in door:
            door["keys"][0]["issuer"] = f"{ENTRA}/{owner}/v2.0"

    if is_good:
        assert trusting(issuer=base).identify(CALLBACK, TRIP, line).subject == "4711"
        return
    with pytest.raises(NotProven):
        trusting(issuer=base).identify(CALLBACK, TRIP, line)


def test_the_way_to_sign_out_there_is_told_only_when_it_is_wanted_and_there_is_one(issuer, trusting):
    provider = trusting(use_end_session=True)
    found = provider.identify(CALLBACK, TRIP, issuer.answers())
    assert found.id_token
    assert provider.farewell(found) is None

    issuer.document["end_session_endpoint"] = f"{ISSUER}/logout"
    provider = trusting(use_end_session=True)
    found = provider.identify(CALLBACK, TRIP, issuer.answers())
    assert provider.farewell(found) == Farewell(f"{ISSUER}/logout", found.id_token)
    assert trusting().identify(CALLBACK, TRIP, issuer.answers()).id_token == ""


def test_an_issuer_with_a_name_of_its_own_is_called_by_it(trusting):
    first, second = trusting(), trusting(name="okta")

    assert (first.title, second.title, second.button) == ("OpenID", "Okta", "Continue with the company")
    assert OpenID.configured({}, {"okta": 1}) == {"okta": 1}

"""Connecting the own account with a provider, and ending that."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from identity_service.foundation.errors import (
    FreshSignInRequired,
    LastWayIn,
    LinkingOff,
    LinkTaken,
    LinkUnknown,
    StrangeArrival,
)
from identity_service.upstream.provider import Roles
from tests.fakes.identities import identity
from tests.fakes.letters import WITH_MAIL, kinds, written
from tests.fakes.people import EMAIL, HASH, VISITOR, events, late, person, session

LINKING = pytest.mark.environ(
    ALLOW_SOCIAL_LOGIN="true",
    ALLOW_SOCIAL_REGISTRATION="true",
    ALLOW_ACCOUNT_LINKING="true",
    GOOGLE_CLIENT_ID="a",
    GOOGLE_CLIENT_SECRET="b",
    GITHUB_CLIENT_ID="a",
    GITHUB_CLIENT_SECRET="b",
)
GITHUB = {"provider": "github", "issuer": "github"}


@pytest.fixture
def connect(services):
    return services.upstream.connect


@LINKING
def test_a_connection_opens_the_account_whatever_the_address(services, connect, active, welcome):
    connect.complete(identity(email="other@example.org"), connect.begin(active), VISITOR, active)

    assert welcome(identity(email="other@example.org")).person.id == active.person.id
    (link,) = connect.of(active)
    assert (link.name, link.label, link.email) == ("google", "Google", "other@example.org")
    assert connect.possible(active) == [("github", "GitHub")]
    assert "account.linked done" in events(services, active.person.id)


@LINKING
def test_connecting_once_more_changes_nothing(connect, active):
    for _ in range(2):
        connect.complete(identity(), connect.begin(active), VISITOR, active)

    assert len(connect.of(active)) == 1


@pytest.mark.environ(**LINKING.kwargs, **WITH_MAIL)
def test_people_are_told_by_letter_of_each_connection_and_of_its_end(services, connect, active):
    connect.complete(identity(), connect.begin(active), VISITOR, active)
    connect.complete(identity(), connect.begin(active), VISITOR, active)
    connect.end("google", active, VISITOR)

    linked, unlinked = written(services)
    assert kinds([linked, unlinked]) == [("provider_linked", EMAIL), ("provider_unlinked", EMAIL)]
    assert linked.facts["provider"] == unlinked.facts["provider"] == "Google"


def test_connecting_is_off_by_default(connect, active):
    with pytest.raises(LinkingOff):
        connect.begin(active)
    assert connect.possible(active) == []


@LINKING
def test_the_ways_into_an_account_change_only_soon_after_a_sign_in(connect, active, clock):
    connect.complete(identity(), connect.begin(active), VISITOR, active)
    clock.advance(timedelta(minutes=15))
    connect.begin(active)
    clock.advance(timedelta(seconds=1))

    with pytest.raises(FreshSignInRequired):
        connect.begin(active)
    with pytest.raises(FreshSignInRequired):
        connect.end("google", active, VISITOR)


@LINKING
def test_an_identity_that_is_somebody_else_s_is_not_taken_from_them(connect, active, welcome):
    other = welcome(identity(email="grace@example.org")).person

    with pytest.raises(LinkTaken):
        connect.complete(identity(), connect.begin(active), VISITOR, active)
    assert welcome(identity(email="grace@example.org")).person.id == other.id


@LINKING
def test_an_account_has_one_identity_of_a_provider(connect, active):
    connect.complete(identity("one"), connect.begin(active), VISITOR, active)

    with pytest.raises(LinkTaken):
        connect.complete(identity("two"), connect.begin(active), VISITOR, active)


@LINKING
def test_a_session_that_is_over_connects_nothing(services, connect, active):
    wish = connect.begin(active)
    services.sign_out.by_access_token(active, VISITOR)

    with pytest.raises(StrangeArrival):
        connect.complete(identity(), wish, VISITOR, None)


@LINKING
def test_a_session_that_ends_at_the_last_moment_connects_nothing(services, connect, active):
    leave = partial(services.sign_out.everywhere, active, VISITOR, but_here=False)
    slow = replace(connect, transaction=partial(late, services, leave))

    with pytest.raises(StrangeArrival):
        slow.complete(identity(), connect.begin(active), VISITOR, None)
    assert connect.of(active) == []


@LINKING
def test_a_browser_where_somebody_else_sits_by_now_connects_nothing(services, connect, active):
    grace = session(services, person(services, "grace@example.org"))
    here = services.verify.access_token(grace.access_token)

    with pytest.raises(StrangeArrival):
        connect.complete(identity(), connect.begin(active), VISITOR, here)


@LINKING
def test_a_connection_ends_when_there_is_another_way_in(services, connect, active):
    connect.complete(identity(), connect.begin(active), VISITOR, active)
    connect.end("google", active, VISITOR)

    assert connect.of(active) == []
    assert "account.unlinked done" in events(services, active.person.id)
    with pytest.raises(LinkUnknown):
        connect.end("google", active, VISITOR)


@pytest.fixture
def from_google(services, welcome):
    """Ada, who came from Google and has signed in just now."""
    return services.verify.access_token(welcome(identity()).access_token)


@LINKING
def test_with_a_connection_ends_whatever_session_somebody_came_to_by_it(services, connect, active, welcome):
    connect.complete(identity(), connect.begin(active), VISITOR, active)
    thief = welcome(identity())
    connect.end("google", active, VISITOR)

    assert services.verify.access_token(thief.access_token) is None
    assert [device.id for device in services.capabilities.sessions.devices(active.person.id)] == [active.session_id]


@LINKING
def test_an_account_comes_from_what_opens_it_after_its_origin_was_ended(services, connect, from_google):
    with services.database.transaction():
        services.capabilities.changes.replace_password(from_google.person.id, None, HASH)
    connect.complete(identity("gh", **GITHUB), connect.begin(from_google), VISITOR, from_google)
    connect.end("google", from_google, VISITOR)

    assert services.capabilities.users.by_id(from_google.person.id).provider == "local"


@LINKING
def test_an_account_without_a_password_comes_from_another_connection_then(services, connect, from_google):
    connect.complete(identity("gh", **GITHUB), connect.begin(from_google), VISITOR, from_google)
    connect.end("google", from_google, VISITOR)
    assert services.capabilities.users.by_id(from_google.person.id).provider == "github"

    with services.database.transaction():
        services.capabilities.changes.replace_password(from_google.person.id, None, HASH)
    connect.end("github", from_google, VISITOR)
    assert services.capabilities.users.by_id(from_google.person.id).provider == "local"


@pytest.mark.environ(
    ALLOW_SOCIAL_LOGIN="true",
    ALLOW_ACCOUNT_LINKING="true",
    OPENID_PROVIDERS="okta,keycloak",
    **{
        f"OPENID_{name}_{what}": f"https://{name.lower()}.sign-in.of.example.org"
        for name in ("OKTA", "KEYCLOAK")
        for what in ("CLIENT_ID", "CLIENT_SECRET", "ISSUER", "SESSION_SECRET")
    },
)
def test_an_account_still_comes_from_openid_after_one_of_two_issuers(services, connect, welcome):
    okta, keycloak = (
        identity(provider=name, kind="openid", issuer=f"https://{name}.sign-in.of.example.org")
        for name in ("okta", "keycloak")
    )
    active = services.verify.access_token(welcome(okta).access_token)
    connect.complete(keycloak, connect.begin(active), VISITOR, active)
    connect.end("okta", active, VISITOR)

    assert services.capabilities.users.by_id(active.person.id).provider == "openid"


OPENID = {
    **LINKING.kwargs,
    "OPENID_CLIENT_ID": "a",
    "OPENID_CLIENT_SECRET": "b",
    "OPENID_SESSION_SECRET": "https://openid.sign-in.of.example.org",
    "OPENID_ISSUER": "https://sign-in.of.example.org",
}
DECIDES = {
    "OPENID_ADMIN_ROLE": "admins",
    "OPENID_ADMIN_ROLE_PARAMETER_PATH": "roles",
    "OPENID_ADMIN_ROLE_TOKEN_KIND": "id",
}
SYNC = {
    "OPENID_ROLE_SYNC_ENABLED": "true",
    "OPENID_ROLE_SYNC_CLAIM": "roles",
    "OPENID_ROLE_SYNC_FALLBACK_ROLE": "guest",
}


@pytest.mark.parametrize(
    "left",
    [
        pytest.param("ADMIN", marks=pytest.mark.environ(**OPENID), id="nothing is said of roles"),
        pytest.param("USER", marks=pytest.mark.environ(**OPENID, **DECIDES), id="the issuer decides"),
        pytest.param("guest", marks=pytest.mark.environ(**OPENID, **DECIDES, **SYNC), id="there is a fallback"),
    ],
)
def test_a_role_that_an_issuer_gave_ends_with_the_connection(services, connect, welcome, left):
    issuer = {"provider": "openid", "kind": "openid", "issuer": "https://sign-in.of.example.org"}
    active = services.verify.access_token(welcome(identity(**issuer, roles=Roles(is_admin=True))).access_token)
    connect.complete(identity("gh", **GITHUB), connect.begin(active), VISITOR, active)
    connect.complete(identity(), connect.begin(active), VISITOR, active)
    users = services.capabilities.users
    connect.end("google", active, VISITOR)
    assert users.by_id(active.person.id).role == "ADMIN"
    connect.end("openid", active, VISITOR)

    assert users.by_id(active.person.id).role == left
    assert events(services, active.person.id).count("account.role_changed done") == (1 if left == "ADMIN" else 2)


@LINKING
def test_an_account_that_never_came_from_a_provider_does_not_change_with_it(services, connect, active):
    connect.complete(identity(), connect.begin(active), VISITOR, active)
    before = services.capabilities.users.by_id(active.person.id)
    connect.end("google", active, VISITOR)

    assert services.capabilities.users.by_id(active.person.id) == before


@LINKING
def test_the_last_way_in_stays(services, connect, welcome):
    active = services.verify.access_token(welcome(identity()).access_token)
    with pytest.raises(LastWayIn):
        connect.end("google", active, VISITOR)
    assert len(connect.of(active)) == 1

    connect.complete(identity("gh", **GITHUB), connect.begin(active), VISITOR, active)
    connect.end("google", active, VISITOR)
    with pytest.raises(LastWayIn):
        connect.end("github", active, VISITOR)


@LINKING
def test_a_provider_that_is_switched_off_is_no_way_in(services, connect, welcome):
    active = services.verify.access_token(welcome(identity()).access_token)
    connect.complete(identity("d", provider="discord", issuer="discord"), connect.begin(active), VISITOR, active)

    with pytest.raises(LastWayIn):
        connect.end("google", active, VISITOR)

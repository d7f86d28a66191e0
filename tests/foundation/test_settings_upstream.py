"""Outside providers, by pattern."""

import pytest


@pytest.mark.parametrize("name", ["google", "github", "discord", "facebook"])
def test_a_provider_is_on_when_its_id_and_secret_are_there(build, name):
    prefix = name.upper()
    client = build(**{f"{prefix}_CLIENT_ID": "id", f"{prefix}_CLIENT_SECRET": "word"}).upstream.clients[name]
    assert (client.client_id, client.client_secret.get_secret_value()) == ("id", "word")
    assert client.callback_url == f"/oauth/{name}/callback"


def test_no_provider_is_on_by_itself(build):
    upstream = build(GOOGLE_CALLBACK_URL="/oauth/google/callback").upstream
    assert (dict(upstream.clients), dict(upstream.openid)) == ({}, {})


@pytest.mark.parametrize("half", ["CLIENT_ID", "CLIENT_SECRET"])
def test_half_a_provider_is_refused(problems, half):
    found = problems(**{f"DISCORD_{half}": "x"})
    assert found == ["DISCORD_CLIENT_ID and DISCORD_CLIENT_SECRET must be set both or neither."]


@pytest.mark.parametrize("path", ["/oauth/google/callback", "/id/oauth/google/callback"])
def test_a_callback_may_stand_below_a_prefix(build, path):
    settings = build(GOOGLE_CLIENT_ID="a", GOOGLE_CLIENT_SECRET="b", GOOGLE_CALLBACK_URL=path)
    assert settings.upstream.clients["google"].callback_url == path


@pytest.mark.parametrize("path", ["oauth/google/callback", "https://id.example/oauth/google/callback", "/callback"])
def test_a_callback_is_a_path_because_the_address_of_the_service_goes_before_it(problems, path):
    assert [problem.split()[0] for problem in problems(GOOGLE_CALLBACK_URL=path)] == ["GOOGLE_CALLBACK_URL"]


def test_a_provider_nobody_has_heard_of_needs_its_three_settings(build):
    chosen = {"GITLAB_CLIENT_ID": "a", "GITLAB_CLIENT_SECRET": "b", "GITLAB_CALLBACK_URL": "/oauth/gitlab/callback"}
    assert set(build(**chosen).upstream.clients) == {"gitlab"}
    del chosen["GITLAB_CALLBACK_URL"]
    assert set(build(**chosen).upstream.clients) == set()


def test_apple_needs_its_key_or_a_secret_made_with_it(build, problems, tmp_path):
    (tmp_path / "key.p8").touch()
    (problem,) = problems(APPLE_CLIENT_ID="a", APPLE_TEAM_ID="b")
    assert problem.startswith("APPLE_CLIENT_ID needs APPLE_TEAM_ID, APPLE_KEY_ID and APPLE_PRIVATE_KEY_PATH")
    key = {"APPLE_TEAM_ID": "b", "APPLE_KEY_ID": "c", "APPLE_PRIVATE_KEY_PATH": "key.p8"}
    assert build(APPLE_CLIENT_ID="a", **key).upstream.clients["apple"].private_key_path == tmp_path / "key.p8"
    assert build(APPLE_CLIENT_ID="a", APPLE_CLIENT_SECRET="jwt").upstream.clients["apple"].client_secret


@pytest.mark.parametrize("ending", ["", "/", "/.well-known/openid-configuration"])
def test_an_openid_issuer_may_be_its_discovery_address(build, ending):
    settings = build(OPENID_CLIENT_ID="a", OPENID_CLIENT_SECRET="b", OPENID_ISSUER=f"https://idp.example/pool{ending}")
    assert settings.upstream.openid["openid"].issuer == f"https://idp.example/pool{ending}"


def test_several_openid_providers_have_names_of_their_own(build):
    settings = build(
        OPENID_PROVIDERS="okta, Entra",
        OPENID_OKTA_CLIENT_ID="o",
        OPENID_OKTA_CLIENT_SECRET="s",
        OPENID_OKTA_ISSUER="https://okta.example",
        OPENID_ENTRA_CLIENT_ID="e",
        OPENID_ENTRA_USE_PKCE="true",
        OPENID_ENTRA_ISSUER="https://entra.example",
    )
    assert {name: provider.client_id for name, provider in settings.upstream.openid.items()} == {
        "okta": "o",
        "entra": "e",
    }
    assert settings.upstream.openid["okta"].callback_url == "/oauth/okta/callback"


@pytest.mark.parametrize("name", ["google", "openid", "refresh", "has-dash", "9lives"])
def test_a_name_that_would_collide_is_refused(problems, name):
    found = problems(OPENID_PROVIDERS=name)
    assert [problem.split()[0] for problem in found] == ["OPENID_PROVIDERS", f"OPENID_{name.upper()}_CLIENT_ID"][
        : len(found)
    ]


@pytest.mark.parametrize(
    ("chosen", "name"),
    [
        ({"OPENID_CLIENT_SECRET": "b", "OPENID_ISSUER": ""}, "OPENID_ISSUER"),
        ({}, "OPENID_CLIENT_SECRET"),
        ({"OPENID_USE_PKCE": "true", "OPENID_SCOPE": "profile"}, "OPENID_SCOPE"),
        ({"OPENID_USE_PKCE": "true", "OPENID_REQUIRED_ROLE": "staff"}, "OPENID_REQUIRED_ROLE"),
        ({"OPENID_USE_PKCE": "true", "OPENID_ADMIN_ROLE": "root"}, "OPENID_ADMIN_ROLE"),
        ({"OPENID_USE_PKCE": "true", "OPENID_ROLE_SYNC_ENABLED": "true"}, "OPENID_ROLE_SYNC_CLAIM"),
        ({"OPENID_USE_PKCE": "true", "OPENID_ADMIN_ROLE_TOKEN_KIND": "refresh"}, "OPENID_ADMIN_ROLE_TOKEN_KIND"),
    ],
)
def test_an_openid_provider_says_what_it_lacks(problems, chosen, name):
    basis = {"OPENID_CLIENT_ID": "a", "OPENID_ISSUER": "https://idp.example"}
    assert [problem.split()[0] for problem in problems(**(basis | chosen))] == [name]


@pytest.mark.parametrize("half", [{"PARAMETER_PATH": "roles"}, {"TOKEN_KIND": "id"}], ids=str)
@pytest.mark.parametrize("role", ["OPENID_REQUIRED_ROLE", "OPENID_ADMIN_ROLE"])
def test_half_the_place_of_a_role_is_none(problems, role, half):
    provider = {"OPENID_CLIENT_ID": "a", "OPENID_CLIENT_SECRET": "b", "OPENID_ISSUER": "https://idp.example"}
    found = problems(**provider, **{role: "staff"}, **{f"{role}_{name}": told for name, told in half.items()})

    assert found == [f"{role} needs {role}_PARAMETER_PATH and {role}_TOKEN_KIND."]


def test_the_providers_cannot_be_changed_afterwards(build):
    with pytest.raises(TypeError):
        build().upstream.clients["google"] = None

"""Clients at the command line: create, list, delete, change the secret."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from identity_service.oidc.details import Details
from tests.fakes.client_keys import ClientKey
from tests.fakes.people import person, session

CALLBACK = "https://wiki.example.org/callback"
CHAT = "https://chat.example.org"


@pytest.fixture
def clients(services):
    return services.capabilities.clients


@pytest.fixture
def create(told, clients):
    """Create a client with these options, and return it as it is kept."""
    return lambda *options: clients.by_id(told("create-client", "--name", "Wiki", *options)["client_id"])


def test_a_client_is_created_with_a_secret_that_is_shown_once(clients, told, identity):
    addresses = ["https://chat.example.org/cb", "https://chat.example.org/silent"]
    created = told("create-client", "--name", "Chat", *(word for uri in addresses for word in ("--redirect-uri", uri)))

    assert created.keys() == {"client_id", "client_secret", "name", "redirect_uris"}
    assert (created["name"], created["redirect_uris"]) == ("Chat", addresses)
    assert clients.prove(created["client_id"], created["client_secret"]).details == Details()
    listed = told("list-clients")
    assert [each["client_id"] for each in listed] == [created["client_id"]]
    assert listed[0].keys() == {"client_id", "name", "origin", "redirect_uris", "created_at"}
    assert identity("list-clients").said == f"{created['client_id']}  Chat\n"


def test_a_client_is_created_in_words_for_people(identity):
    assert identity("create-client", "--name", "Chat").said.endswith("The secret is not shown again.\n")
    assert identity("create-client", "--name", "", status=1).complained == "Name must be 1 to 80 printable characters\n"
    assert "Missing option '--name'" in identity("create-client", status=2).complained


@pytest.mark.parametrize(
    ("options", "details"),
    [
        (["--trusted"], {"is_trusted": True}),
        (["--native", "--redirect-uri", "com.example.app:/cb"], {"application_type": "native"}),
        (["--no-pkce"], {"require_pkce": False}),
        (["--es256"], {"id_token_signed_response_alg": "ES256"}),
        (["--no-introspection"], {"may_introspect": False}),
        (["--id-token-claims"], {"claims_in_id_token": True}),
        (["--scope", "openid", "--scope", "roles email"], {"scope": "openid email roles"}),
        (["--post-logout-redirect-uri", "http://wiki:3000/"], {"post_logout_redirect_uris": ("http://wiki:3000/",)}),
        (["--backchannel-logout-uri", "http://wiki:3000/out"], {"backchannel_logout_uri": "http://wiki:3000/out"}),
        (
            ["--public"],
            {
                "token_endpoint_auth_method": "none",
                "grant_types": ("authorization_code",),
                "may_introspect": False,
            },
        ),
    ],
    ids=lambda told: told[0] if isinstance(told, list) else "",
)
def test_every_option_says_what_it_says(create, options, details):
    # Without a redirect address it would be a back end, which may do more.
    addresses = [] if "--redirect-uri" in options else ["--redirect-uri", CALLBACK]

    assert create(*options, *addresses).details == replace(Details(), **details)


def test_a_public_client_has_no_secret(told, identity):
    assert told("create-client", "--name", "App", "--public", "--redirect-uri", CALLBACK)["client_secret"] is None
    assert identity("create-client", "--name", "App", "--public").said.endswith("It has no secret.\n")


def test_a_client_may_prove_itself_with_its_keys(create, operator):
    jwks = {"keys": [ClientKey("ES256", "one").jwk]}
    (operator.folder / "keys.json").write_text(json.dumps(jwks))
    details = create("--jwks", "keys.json").details

    assert (details.token_endpoint_auth_method, details.jwks) == ("private_key_jwt", jwks)


@pytest.mark.parametrize("content", ["", "[]", "{", "-----BEGIN PRIVATE KEY-----", "\xff", "[" * 100_000])
def test_what_is_no_set_of_keys_is_wrong_use_and_not_repeated(identity, operator, content):
    (operator.folder / "keys.json").write_bytes(content.encode("latin-1"))
    refused = identity("create-client", "--name", "Wiki", "--jwks", "keys.json", status=2)

    assert "it must be a file that holds a JWK Set" in refused.complained
    assert "PRIVATE" not in refused.complained


def test_a_private_key_is_refused_and_not_repeated(clients, identity, operator):
    (operator.folder / "keys.json").write_text(json.dumps({"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}))
    refused = identity("create-client", "--name", "Wiki", "--jwks", "keys.json", status=1)

    assert refused.complained == "jwks.keys[0] cannot be: a private or secret key.\n"
    assert clients.all() == []


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--redirect-uri", "wiki.example.org"], "redirect_uris[0] must be an http or https address; without fragment"),
        (["--redirect-uri", "https://a.example/#x"], "redirect_uris[0] must be an http or https address"),
        (["--redirect-uri", "com.example.app:/cb"], "redirect_uris[0] must be an http or https address"),
        (["--post-logout-redirect-uri", "javascript:alert(1)"], "post_logout_redirect_uris[0] must be"),
        (["--backchannel-logout-uri", "wiki"], "backchannel_logout_uri must be an http or https address"),
        (["--scope", "magic"], "scope must name some of openid"),
        (["--scope", ""], "scope must name some of openid"),
        (["--public", "--no-pkce"], "require_pkce must be true for a client that cannot prove itself."),
        (["--public", "--backchannel-logout-uri", "http://wiki/"], "backchannel_logout_uri must be an https address"),
    ],
)
def test_what_cannot_be_registered_is_refused_in_a_sentence(clients, identity, options, sentence):
    refused = identity("create-client", "--name", "Wiki", *options, status=1)

    assert refused.complained.startswith(sentence)
    assert clients.all() == []


@pytest.mark.parametrize(
    "options",
    [
        ["--name", "Wiki", "--preset", "librechat"],
        ["--name", "Wiki", "--url", CHAT],
        ["--preset", "librechat", "--url", "/"],
        ["--preset", "unheard-of", "--url", CHAT],
        ["--name", "Wiki", "--public", "--jwks", "keys.json"],
        ["--name", "Wiki", "--jwks", "gone.json"],
    ],
)
def test_wrong_use_is_told_with_how_to_use_it(clients, identity, operator, options):
    (operator.folder / "keys.json").write_text("{}")
    assert identity("create-client", *options, status=2).complained.startswith("Usage: identity create-client")
    assert clients.all() == []


def test_clients_that_the_operator_did_not_create_are_marked(services, clients, identity):
    with services.database.transaction():
        clients.register("Wiki", origin="file", client_id="wiki")
        clients.register("App", origin="dynamic", client_id="app")

    assert sorted(identity("list-clients").said.splitlines()) == [
        "app  App  (registered itself)",
        "wiki  Wiki  (CLIENTS_FILE)",
    ]


def test_a_client_is_deleted_with_its_sessions(services, clients, create, told):
    client = create()
    session(services, person(services), client.client_id)

    # The command looks at the machine's clock, on which the session of the test is long over.
    assert told("delete-client", client.client_id, "--yes") == {
        "client_id": client.client_id,
        "name": "Wiki",
        "sessions": 0,
    }
    assert clients.all() == []


@pytest.mark.parametrize("answer", ["n\n", "\n", "no\n"])
def test_deleting_shows_what_goes_and_asks_first(clients, create, identity, answer):
    client = create("--redirect-uri", CALLBACK)
    asked = identity("delete-client", client.client_id, stdin=answer, status=1)

    assert f"Really delete client Wiki ({client.client_id}) and end ALL its sessions?\n  {CALLBACK}" in asked.said
    assert "Aborted" in asked.complained
    assert clients.all() == [client]


def test_deleting_asks_first_and_yes_deletes(clients, create, identity):
    done = identity("delete-client", create().client_id, stdin="y\n")

    assert done.said.endswith("Deleted client Wiki: 1 client, 0 live sessions.\n")
    assert clients.all() == []


@pytest.mark.parametrize("command", ["delete-client", "rotate-client-secret"])
@pytest.mark.parametrize("client_id", ["unknown", "", "not an id", "x" * 65])
def test_a_client_that_is_not_here_is_not_found(identity, command, client_id):
    assert identity(command, "--yes", "--", client_id, status=1).complained == "No client with that id was found.\n"


def test_a_client_of_the_file_is_taken_out_there(services, clients, operator):
    with services.database.transaction():
        clients.register("Wiki", origin="file", client_id="wiki")
    (operator.folder / "clients.toml").write_text("")

    refused = operator.with_settings(CLIENTS_FILE="clients.toml").run("delete-client", "wiki", "--yes")
    assert (refused.status, refused.complained) == (1, "This client stands in CLIENTS_FILE: take it out there.\n")
    assert operator.run("rotate-client-secret", "wiki").status == 1
    # Without the file nobody else would take it out.
    assert operator.run("delete-client", "wiki", "--yes").status == 0


def test_a_secret_is_replaced_and_the_present_one_works_for_a_day(clients, told, clock):
    created = told("create-client", "--name", "Chat")
    rotated = told("rotate-client-secret", created["client_id"])

    assert rotated.keys() == {"client_id", "client_secret", "name", "overlap_hours"}
    assert (rotated["client_id"], rotated["overlap_hours"]) == (created["client_id"], 24)
    assert clients.prove(created["client_id"], created["client_secret"])
    assert clients.prove(created["client_id"], rotated["client_secret"])


def test_the_new_secret_is_not_taken_for_the_one_that_ends(told, identity):
    client_id = told("create-client", "--name", "Chat")["client_id"]

    said = identity("rotate-client-secret", client_id).said
    assert said.endswith("The secret is not shown again.\nThe secret before it works for 24 more hours.\n")


def test_a_secret_that_has_leaked_is_replaced_at_once(clients, told, identity, clock):
    created = told("create-client", "--name", "Chat")
    said = identity("rotate-client-secret", created["client_id"], "--overlap", "0").said
    clock.instant += timedelta(days=3650)  # the command looked at the machine's clock

    assert said.endswith("The secret before it works no more.\n")
    assert clients.prove(created["client_id"], created["client_secret"]) is None


@pytest.mark.parametrize("overlap", ["-1", "8785", "x", "1.5"])
def test_an_overlap_is_a_number_of_hours(identity, overlap):
    assert "--overlap" in identity("rotate-client-secret", "any", "--overlap", overlap, status=2).complained


def test_a_client_without_a_secret_is_given_none(create, identity):
    refused = identity("rotate-client-secret", create("--public").client_id, status=1)

    assert refused.complained == "This client has no secret.\n"


def test_the_clients_of_the_file_come_with_a_migration(clients, operator):
    (operator.folder / "clients.toml").write_text(
        '[[client]]\nclient_id = "wiki"\nclient_name = "The wiki"\ntoken_endpoint_auth_method = "none"\n'
    )
    operator = operator.with_settings(CLIENTS_FILE="clients.toml")

    assert operator.run("migrate").said == "CLIENTS_FILE: 1 added, 0 changed, 0 removed.\n"
    assert operator.run("migrate").said == "Nothing to do.\n"
    assert clients.by_id("wiki").name == "The wiki"


def test_mistakes_in_the_file_are_told_like_those_in_settings(operator):
    secret = "a secret of my own that is too"
    (operator.folder / "clients.toml").write_text(
        f'[[client]]\nclient_id = "wi ki"\nclient_secret = "{secret}"\nscope = "magic"\n'
    )
    done = operator.with_settings(CLIENTS_FILE="clients.toml").run("migrate")

    head, *problems = done.complained.splitlines()
    assert (done.status, head) == (2, "The settings are not right:")
    assert [problem.split(":")[1].split()[0] for problem in problems] == [
        "client_id",
        "client_name",
        "scope",
        "client_secret",
    ]
    assert secret not in done.complained

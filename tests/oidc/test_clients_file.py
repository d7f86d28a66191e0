"""CLIENTS_FILE: read as it is written, and every mistake is told by its place without what stands there."""

import pytest

from identity_service.foundation.errors import Misconfigured
from identity_service.foundation.opaque import fingerprint
from identity_service.oidc.clients_file import read_clients
from identity_service.oidc.details import Details

SECRET = "7d1e0f9c3b5a48266e4c2a0b8f7d5139c1e3a5b7d9f00214"
WIKI = f"""
[[client]]
client_id = "wiki"
client_name = "The wiki"
client_secret = "{SECRET}"
redirect_uris = ["https://wiki.example.org/callback"]
"""


@pytest.fixture
def write(tmp_path):
    """Write the file, or one beside it, and return where it is."""

    def with_this(content, name="clients.toml"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return with_this


@pytest.fixture
def problems(write):
    """Write a file that cannot be, and return what is wrong with it."""

    def with_this(content):
        with pytest.raises(Misconfigured) as refusal:
            read_clients(write(content))
        assert SECRET not in str(refusal.value.problems)
        assert SECRET not in repr(refusal.value)
        return list(refusal.value.problems)

    return with_this


def table(**entries):
    known = {"client_id": '"wiki"', "client_name": '"The wiki"', "client_secret": f'"{SECRET}"', **entries}
    return "[[client]]\n" + "".join(f"{name} = {value}\n" for name, value in known.items() if value)


def test_a_client_is_read_with_its_secret_as_a_fingerprint(write):
    (wiki,) = read_clients(write(WIKI))

    assert (wiki.client_id, wiki.wanted.name) == ("wiki", "The wiki")
    assert wiki.wanted.redirect_uris == ("https://wiki.example.org/callback",)
    assert wiki.wanted.details == Details()
    assert wiki.secret_fingerprint == fingerprint(SECRET)
    assert SECRET not in repr(wiki)


def test_clients_come_in_the_order_of_their_ids(write):
    written = read_clients(write(table(client_id='"b"') + table(client_id='"a"') + table(client_id='"C"')))

    assert [each.client_id for each in written] == ["C", "a", "b"]


@pytest.mark.parametrize("content", ["", "# nothing yet\n", "client = []\n"])
def test_a_file_may_be_empty(write, content):
    assert read_clients(write(content)) == ()


def test_a_secret_may_stand_in_a_file_beside_it_or_be_a_fingerprint_already(write):
    write(f"{SECRET}\n", "wiki.secret")
    beside = table(client_secret="", client_secret_file='"wiki.secret"')
    kept = table(client_secret="", client_secret_fingerprint=f'"{fingerprint(SECRET)}"')

    for content in (beside, kept):
        assert read_clients(write(content))[0].secret_fingerprint == fingerprint(SECRET)


def test_an_operator_may_say_everything_there_is_to_say(write):
    content = table(
        is_trusted="true",
        require_pkce="false",
        may_introspect="false",
        claims_in_id_token="true",
        redirect_uris='["http://wiki:3000/callback"]',
        scope='"openid roles"',
        grant_types='["authorization_code", "refresh_token"]',
        default_max_age="3600",
    )
    assert read_clients(write(content))[0].wanted.details == Details(
        is_trusted=True,
        require_pkce=False,
        may_introspect=False,
        claims_in_id_token=True,
        scope="openid roles",
        grant_types=("authorization_code", "refresh_token"),
        default_max_age=3600,
    )


def test_a_public_client_has_no_secret(write, problems):
    public = {"token_endpoint_auth_method": '"none"', "redirect_uris": '["https://a.example.org/"]'}
    (client,) = read_clients(write(table(client_secret="", **public)))

    assert (client.secret_fingerprint, client.wanted.details.may_introspect) == ("", False)
    assert problems(table(**public)) == [
        "CLIENTS_FILE, client 1 (wiki): client_secret is not for a client without a secret."
    ]


@pytest.mark.parametrize(
    ("client_id", "sentence"),
    [
        ('""', "client_id must be 1 to 64 letters, digits, dots, hyphens and underscores."),
        ('"wi ki"', "client_id must be 1 to 64 letters, digits, dots, hyphens and underscores."),
        ('"wiki\\n"', "client_id must be 1 to 64 letters, digits, dots, hyphens and underscores."),
        ('"wíki"', "client_id must be 1 to 64 letters, digits, dots, hyphens and underscores."),
        (f'"{"x" * 65}"', "client_id must be 1 to 64 letters, digits, dots, hyphens and underscores."),
        ("7", "client_id must be 1 to 64 letters, digits, dots, hyphens and underscores."),
        ("", "client_id must be 1 to 64 letters, digits, dots, hyphens and underscores."),
        ('"66f1c0ffee0ddba11ad00001"', "client_id must not have the form of a person's id, 24 hexadecimal characters."),
        ('"66F1C0FFEE0DDBA11AD00001"', "client_id must not have the form of a person's id, 24 hexadecimal characters."),
        ('"first-party"', "client_id is the name of a client of our own."),
    ],
)
def test_an_id_is_short_and_nobody_elses(problems, client_id, sentence):
    (problem,) = problems(table(client_id=client_id))

    assert problem.startswith("CLIENTS_FILE, client 1")
    assert problem.endswith(f": {sentence}")


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ({"client_secret": ""}, "one of client_secret, client_secret_file, client_secret_fingerprint is required"),
        ({"client_secret_file": '"x"'}, "one of client_secret, client_secret_file, client_secret_fingerprint is"),
        ({"client_secret": '"short"'}, "client_secret must be at least 32 bytes long"),
        ({"client_secret": f'"{"ab" * 20}"'}, "client_secret repeats a pattern"),
        ({"client_secret": f'"{SECRET} {SECRET}"'}, "client_secret must be at most 128 characters of ASCII"),
        ({"client_secret": f'"{SECRET * 2}{SECRET[1:]}"'}, "client_secret must be at most 128 characters of ASCII"),
        ({"client_secret": f'"{SECRET}é"'}, "client_secret must be at most 128 characters of ASCII"),
        ({"client_secret": f'"{SECRET}+"'}, "client_secret must be at most 128 characters of ASCII"),
        ({"client_secret": f'"{SECRET}%41"'}, "client_secret must be at most 128 characters of ASCII"),
        ({"client_secret": "7"}, "client_secret must be a text."),
        ({"client_secret": "", "client_secret_file": '"gone"'}, "client_secret_file must name a readable text file"),
        ({"client_secret": "", "client_secret_file": '"."'}, "client_secret_file must name a readable text file"),
        ({"client_secret": "", "client_secret_file": '"a\\u0000b"'}, "client_secret_file must name a readable text"),
        (
            {"client_secret": "", "client_secret_fingerprint": f'"{SECRET}"'},
            "client_secret_fingerprint must be the SHA",
        ),
        ({"client_name": ""}, "client_name is required."),
        ({"client_name": '""'}, "client_name must be 1 to 80 printable characters."),
        ({"redirect_uris": '["https://a.example/#x"]'}, "redirect_uris[0] must be an http or https address"),
        ({"redirect_uri": '"https://a.example/"'}, "redirect_uri is not known here."),
        ({"is_trusted": '"yes"'}, "is_trusted must be true or false."),
        ({"jwks_uri": '"https://a.example/"'}, "jwks_uri cannot be: send the keys themselves, as jwks."),
        ({"contacts": "[2026-01-01]"}, "contacts must be a list"),
    ],
)
def test_a_mistake_is_told_by_its_name_and_place(problems, entries, sentence):
    (problem,) = problems(table(client_id='"first"') + table(**entries))

    assert problem.startswith(f"CLIENTS_FILE, client 2 (wiki): {sentence}")


def test_all_mistakes_are_told_together(problems):
    content = table(client_secret='"short"', scope='"magic"') + table(client_id='"-"', grant_types='["x"]') + table()

    assert [problem.split()[2:5] for problem in problems(content)] == [
        ["1", "(wiki):", "scope"],
        ["1", "(wiki):", "client_secret"],
        ["2", "(-):", "grant_types"],
        ["3", "(wiki):", "client_id"],
    ]


@pytest.mark.parametrize(
    "content",
    [
        f'client_secret = "{SECRET}',
        f'[[client]]\nclient_secret = "{SECRET}"\nclient_secret = "{SECRET}"',
        f"[[client]]\nclient_secret = {SECRET}",
        f"{SECRET}",
        f"[{SECRET}]\n[{SECRET}]",
    ],
)
def test_what_is_no_toml_is_told_by_its_place_alone(problems, content):
    (problem,) = problems(content)

    assert problem.startswith("CLIENTS_FILE is not TOML (at ")


@pytest.mark.parametrize(
    "content", ["clients = []", "client = 7", "client = [7]", '[client]\nclient_id = "a"', 'a = 1\n[[client]]\nx = "y"']
)
def test_there_are_only_tables_of_clients(problems, content):
    assert problems(content) == ["CLIENTS_FILE must hold [[client]] tables and nothing else."]


@pytest.mark.parametrize("content", [b"\xff\xfe", b"#" * (64 * 1024 + 1)], ids=["no UTF-8", "too large"])
def test_what_is_no_text_is_not_read(problems, content):
    assert problems(content) == ["CLIENTS_FILE must name a readable text file of at most 64 KiB."]

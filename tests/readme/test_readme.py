"""
What the README tells a newcomer to type is typed here, against a running service, and must print what it promises.

The snippets are run as they stand; only the address of the service is another.
Curl comes from the machine: without it the first thing a newcomer does cannot be tried, so that fails.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.house.tree import ROOT
from tests.readme.issuer import Issuer
from tests.servers.identity import IdentityServer
from tests.servers.node import NODE

README = (ROOT / "README.md").read_text(encoding="utf-8")
ADDRESS = "http://localhost:3081"
ADA = {"email": "ada@example.org", "password": "a long phrase that is mine"}


@dataclass(frozen=True)
class Snippet:
    """One language's code block, ready to be run on a token."""

    command: str
    file: Path
    environment: Mapping[str, str]

    def check(self, *tokens: str) -> subprocess.CompletedProcess[str]:
        """Run it as the README says."""
        command = [self.command, str(self.file), *tokens]
        return subprocess.run(
            command, env=dict(self.environment), capture_output=True, text=True, timeout=60, check=False
        )


def block(language: str) -> str:
    """Return the only code block of *language*."""
    (text,) = re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return text


def written(language: str, address: str, folder: Path, afterwards: str = "") -> Path:
    """Write the code block of *language* to a file, with *address* for that of the README."""
    text = block(language)
    assert ADDRESS in text
    file = folder / {"js": "check.mjs", "python": "check.py", "bash": "first.sh"}[language]
    file.write_text(text.replace(ADDRESS, address) + afterwards, encoding="utf-8")
    return file


def interpreter(language: str) -> str:
    """Return what runs *language*."""
    return sys.executable if language == "python" else str(NODE)


@pytest.fixture(scope="module")
def service(identity_server: Callable[..., IdentityServer]) -> IdentityServer:
    """A service that nobody has used yet."""
    return identity_server()


@pytest.fixture(scope="module")
def first_hour(service: IdentityServer, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    """What the curl commands print, one JSON object a line; they sign Ada up."""
    if shutil.which("curl") is None:
        pytest.fail("The README's first steps are curl commands, and this machine has no curl: apt install curl")
    folder = tmp_path_factory.mktemp("newcomer")
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", str(written("bash", service.url, folder))],  # noqa: S607 - the newcomer's bash
        cwd=folder,
        env={**os.environ, "no_proxy": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return [json.loads(line) for line in ran.stdout.splitlines()]


@pytest.fixture(scope="module")
def client(service: IdentityServer) -> dict[str, str]:
    """What the environment of a back end holds."""
    made = json.loads(service.run("create-client", "--name", "chat back end", "--json").stdout)
    return {"CLIENT_ID": made["client_id"], "CLIENT_SECRET": made["client_secret"]}


@pytest.fixture
def ada(service: IdentityServer, first_hour: object) -> Iterator[requests.Session]:
    """Ada's browser, signed in; `headers` holds nothing, the cookie is all that it needs."""
    with requests.Session() as browser:
        browser.trust_env = False
        yield browser


@pytest.fixture(params=["js", "python"])
def language(request: pytest.FixtureRequest) -> str:
    """One of the languages that the README speaks to back ends."""
    chosen: str = request.param
    return chosen


@pytest.fixture
def snippet(language: str, service: IdentityServer, client: dict[str, str], tmp_path: Path) -> Snippet:
    """The README's check, in a back end beside the running service."""
    return Snippet(interpreter(language), written(language, service.url, tmp_path), {**surroundings(), **client})


def surroundings() -> dict[str, str]:
    """Return what a process needs of this machine; the loopback address is asked directly."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "no_proxy": "127.0.0.1"}


def sign_in(service: IdentityServer, browser: requests.Session) -> str:
    """Return a fresh access token of Ada's."""
    token: str = browser.post(f"{service.url}/api/auth/login", json=ADA, timeout=10).json()["token"]
    return token


def test_the_first_steps_print_what_they_promise(first_hour: list[dict[str, object]]):
    signed_up, me, refreshed, signed_out, afterwards = first_hour

    assert "check your email" in str(signed_up["message"])
    assert (me["email"], me["role"]) == ("ada@example.org", "ADMIN")
    assert str(refreshed["token"]).count(".") == 2
    assert signed_out == {"message": "Logout successful"}
    assert (afterwards["message"], afterwards["code"]) == ("Unauthorized", "sign_in_required")


def test_a_good_token_is_believed_online_and_offline(service: IdentityServer, ada: requests.Session, snippet: Snippet):
    checked = snippet.check(sign_in(service, ada))
    online, offline = checked.stdout.split("offline", 1)

    assert (checked.returncode, checked.stderr) == (0, "")
    assert re.search(r"active'?: true", online, re.IGNORECASE)
    assert "ada@example.org" in online
    assert "ada@example.org" in offline


def test_after_the_sign_out_a_token_is_refused_online(service: IdentityServer, ada: requests.Session, snippet: Snippet):
    token = sign_in(service, ada)
    ada.post(f"{service.url}/api/auth/logout", timeout=10)
    checked = snippet.check(token)

    assert re.search(r"^online \{ ?'?active'?: false ?\}$", checked.stdout, re.IGNORECASE | re.MULTILINE)
    assert "ada@example.org" in checked.stdout.split("offline", 1)[1], "offline, it is believed until it expires"


def test_a_tampered_token_is_refused_online_and_offline(
    service: IdentityServer, ada: requests.Session, snippet: Snippet
):
    header, claims, signature = sign_in(service, ada).split(".")
    swapped = signature[:-8] + ("A" if signature[-8] != "A" else "B") + signature[-7:]
    checked = snippet.check(f"{header}.{claims}.{swapped}")

    assert re.search(r"^online \{ ?'?active'?: false ?\}$", checked.stdout, re.IGNORECASE | re.MULTILINE)
    assert "offline" not in checked.stdout
    assert checked.returncode == 1


# Appended to a snippet: what it makes of further tokens, one word a line.
MORE = {
    "js": """
for (const token of process.argv.slice(3)) console.log(await offline(token).then(() => "believed", () => "refused"));
""",
    "python": """
for token in sys.argv[2:]:
    try:
        offline(token)
        print("believed")
    except Exception:
        print("refused")
""",
}


def test_offline_nothing_but_our_access_tokens_is_believed(language: str, tmp_path: Path):
    with Issuer() as issuer:
        tokens = {
            "another issuer": issuer.token(iss="https://elsewhere.example.org"),
            "another audience": issuer.token(aud="https://elsewhere.example.org"),
            "expired": issuer.token(exp=1_700_000_000),
            "without an end": issuer.token(exp=None),
            "an ID token": issuer.token(typ="JWT"),
            "an unknown key": issuer.token(kid="nobody's"),
            "no key": issuer.token(kid=None),
            "no signature": issuer.unsigned(),
            "the public key as a secret": issuer.signed_with_public_key(),
            "a key for something else": issuer.signed_with_rsa(),
            "not a token": "not.a.token",
            "good": issuer.token(),
        }
        file = written(language, issuer.url, tmp_path, MORE[language])
        snippet = Snippet(interpreter(language), file, {**surroundings(), "CLIENT_ID": "a", "CLIENT_SECRET": "b"})
        checked = snippet.check(issuer.token(), *tokens.values())
    verdicts = [line for line in checked.stdout.splitlines() if line in {"believed", "refused"}]

    assert (checked.returncode, checked.stderr) == (0, "")
    assert dict(zip(tokens, verdicts, strict=True)) == {**dict.fromkeys(tokens, "refused"), "good": "believed"}
    assert issuer.fetches == 1, "an unknown key is asked for once a minute at most"

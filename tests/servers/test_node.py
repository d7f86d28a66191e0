"""Node and its packages are there, the same on every machine."""

import json
import os

import pytest

from tests.servers.node import SCRIPTS, Node


@pytest.mark.parametrize(
    ("package", "offered"), [("openid-client", "discovery"), ("jose", "jwtVerify"), ("oidc-provider", "Provider")]
)
def test_a_script_imports_a_package_by_its_name(node: Node, package: str, offered: str):
    imported = node.run("import.mjs", package)

    assert imported.returncode == 0, imported.stderr
    assert offered in imported.stdout.split()


def test_a_script_that_fails_says_why(node: Node):
    failed = node.run("import.mjs", "no-such-package")

    assert failed.returncode != 0
    assert "no-such-package" in failed.stderr


def test_a_script_that_goes_on_is_told_what_it_needs_and_sees_nothing_else(node: Node):
    process = node.start("echo.mjs", "hello", environment={"ISSUER": "http://localhost"})
    said, *names = process.greeting().split()

    assert said == "hello"
    assert "ISSUER" in names
    assert set(names) <= {"ISSUER", "PATH", "LANG", "TZ", "TMPDIR"}


def test_what_was_started_is_ended():
    node = Node()
    process = node.start("echo.mjs")
    node.stop()

    assert not process.folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


def test_a_script_that_ends_before_it_is_ready_says_why(node: Node):
    with pytest.raises(RuntimeError, match="no-such-package"):
        node.start("import.mjs", "no-such-package")


def test_a_script_that_is_talked_to_answers_and_tells_what_went_wrong(node: Node):
    talk = node.converse("relying_party.mjs")

    assert talk.ask({"call": "jose.generateKeyPair", "with": ["ES256"], "keep": "keys"})["value"]
    assert talk.ask({"call": "jose.exportJWK", "with": [{"$kept": "keys.publicKey"}]})["value"]["kty"] == "EC"
    assert talk.ask({"call": "jose.importJWK", "with": [{}, "ES256"]})["error"]["name"] == "JOSENotSupported"


def test_a_script_that_will_not_talk_says_so(node: Node):
    with pytest.raises(RuntimeError, match="has ended"):
        node.converse("import.mjs", "no-such-package").ask({})


def test_the_lock_file_names_no_registry():
    """Any mirror will do: what a package must be is said by its hash alone."""
    locked = json.loads((SCRIPTS / "package-lock.json").read_text(encoding="utf-8"))["packages"]

    assert [name for name, one in locked.items() if "resolved" in one] == []
    assert [name for name, one in locked.items() if name and not one["integrity"].startswith("sha512-")] == []

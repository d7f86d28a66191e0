"""
The guide for operators: its lines are good settings, and the address to paste is the one that people come back to.

Leaves to others: the steps at the providers' own sites, which change without telling anybody.
"""

import re

import pytest

from identity_service.foundation.settings import load
from tests.fakes.secrets import GOOD_SECRETS
from tests.house.tree import ROOT

GUIDE = (ROOT / "deploy" / "providers.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", GUIDE, re.MULTILINE | re.DOTALL))
BEGINNING = GUIDE.partition("\n## ")[0]
PROVIDERS = {name: text for name, text in SECTIONS.items() if "_CLIENT_ID=" in text}


def lines(text):
    """Return every setting in the blocks of *text*."""
    blocks = re.findall(r"^```ini\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return dict(line.split("=", 1) for block in blocks for line in block.splitlines() if line)


@pytest.fixture
def read(tmp_path):
    """Read the lines of a section as the service does."""

    def read(text):
        key = tmp_path / "AuthKey.p8"
        key.write_text("a key", encoding="ascii")
        found = {**GOOD_SECRETS, **lines(BEGINNING), **lines(text)}
        paths = {name: str(key) for name in found if name.endswith("_PATH") and found[name].endswith(".p8")}
        return load({**found, **paths}, tmp_path)

    return read


def test_every_provider_has_a_section():
    assert [name.split()[0] for name in PROVIDERS] == [
        "Google",
        "GitHub",
        "Discord",
        "Facebook",
        "Apple",
        "OpenID",
        "OpenID",
        "Any",
    ]


def test_it_names_the_address_that_the_service_has_on_ones_own_machine(tmp_path):
    assert f"`{load(GOOD_SECRETS, tmp_path).site.domain_server}`" in BEGINNING


@pytest.mark.parametrize("text", PROVIDERS.values(), ids=PROVIDERS)
def test_its_lines_switch_it_on_and_its_address_is_the_one_to_paste(read, text):
    settings = read(text)
    known = {**settings.upstream.clients, **settings.upstream.openid}

    assert known
    for client in known.values():
        assert f"`{settings.site.domain_server}{client.callback_url}`" in text


def test_every_setting_it_names_exists():
    declared = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"`([A-Z]+_[A-Z_]+)(?:=\w+)?`", GUIDE)) | {
        name for text in SECTIONS.values() for name in lines(text)
    }
    unknown = {name for name in named if f"{name}=" not in declared and not name.startswith("OPENID_OKTA_")}

    assert unknown == set()

"""Providers are found, not listed: one a file, each with its lines in the sample of settings."""

from importlib import import_module
from pkgutil import iter_modules

import pytest

from identity_service.upstream import providers
from identity_service.upstream.catalog import Catalog, configured, found
from tests.house.tree import ROOT

FILES = [module.name for module in iter_modules(providers.__path__)]
SHOWN = {
    line.removeprefix("# ").partition("=")[0]
    for line in (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    if "=" in line
}


def test_each_file_holds_one_provider_of_its_own_name():
    assert [kind.name for kind in found()] == FILES
    assert [kind.__module__.rpartition(".")[2] for kind in found()] == FILES


@pytest.mark.parametrize("name", FILES)
def test_each_provider_is_explained_where_settings_are(name):
    assert {f"{name.upper()}_{setting}" for setting in ("CLIENT_ID", "CLIENT_SECRET", "CALLBACK_URL")} <= SHOWN


@pytest.mark.parametrize("name", FILES)
def test_each_file_says_where_the_provider_says_what_it_answers(name):
    assert "Source:" in (import_module(f"{providers.__name__}.{name}").__doc__ or "")


def test_what_is_not_switched_on_is_not_there(clock):
    catalog = Catalog(configured(found(), {}, {}, "https://us.example.org", clock))

    assert list(catalog) == []
    assert catalog.get("google") is None
    assert catalog.kind("google") == "google"

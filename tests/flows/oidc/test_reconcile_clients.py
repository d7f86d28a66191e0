"""CLIENTS_FILE at a start: the clients that come from it are brought into line, all others stay as they are."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from identity_service.app import create_app, services_of
from identity_service.foundation.errors import Misconfigured
from identity_service.foundation.opaque import fingerprint
from identity_service.foundation.settings import load
from identity_service.oidc.clients import FILE
from tests.fakes.chance import SeededChance
from tests.fakes.clock import FrozenClock
from tests.fakes.people import session
from tests.fakes.secrets import GOOD_SECRETS

WIKI = {"client_id": "wiki", "client_name": "The wiki", "client_secret": "7d1e0f9c3b5a48266e4c2a0b8f7d5139c1e3a5b7d9"}
SHOP = {"client_id": "shop", "client_name": "The shop", "client_secret": "c1e3a5b7d97d1e0f9c3b5a48266e4c2a0b8f7d5139"}


@pytest.fixture
def path(tmp_path):
    """Where the file is."""
    return tmp_path / "clients.toml"


@pytest.fixture
def write(path):
    """Write the file anew."""

    def with_these(*clients):
        tables = ("".join(f'{name} = "{value}"\n' for name, value in client.items()) for client in clients)
        path.write_text("".join(f"[[client]]\n{table}" for table in tables))

    return with_these


@pytest.fixture
def reconcile(services, path):
    """Start once more, as far as the file is concerned."""
    return lambda: tuple(replace(services.provider.reconcile_clients, file=path).with_file())


@pytest.fixture
def clients(services):
    return services.capabilities.clients


def test_without_a_file_nothing_happens(services):
    assert services.provider.reconcile_clients.with_file() == (0, 0, 0)


def test_the_file_is_the_one_of_the_settings(clients, write, path, ready_url):
    write(WIKI)
    settings = load({**GOOD_SECRETS, "DATABASE_URL": ready_url, "CLIENTS_FILE": path.name}, path.parent)
    services = services_of(create_app(settings, FrozenClock(), SeededChance()))

    assert services.provider.reconcile_clients.with_file() == (1, 0, 0)
    assert clients.by_id("wiki").name == "The wiki"
    services.database.release()


def test_clients_are_added_once(clients, write, reconcile, told):
    write(WIKI, SHOP)

    assert reconcile() == (2, 0, 0)
    assert reconcile() == (0, 0, 0)
    wiki = clients.by_id("wiki")
    assert (wiki.name, wiki.origin) == ("The wiki", FILE)
    assert clients.prove("wiki", WIKI["client_secret"]) == wiki
    assert told("wiki") == told("shop") == ["client.created done"]


def test_what_is_changed_in_the_file_is_changed_and_its_sessions_live_on(
    services, clients, write, reconcile, told, ada, clock, provider
):
    write(WIKI, SHOP)
    reconcile()
    created_at, alive = clients.by_id("wiki").created_at, session(services, ada, "wiki")
    clock.instant = clock.instant.replace(year=2027)
    write({**WIKI, "client_name": "Our wiki", "scope": "openid"}, SHOP)

    assert reconcile() == (0, 1, 0)
    wiki = clients.by_id("wiki")
    assert (wiki.name, wiki.details.scope, wiki.created_at) == ("Our wiki", "openid", created_at)
    assert clients.prove("wiki", WIKI["client_secret"]) == wiki
    assert provider.is_alive(alive.session_id)
    assert (told("wiki"), told("shop")) == (["client.created done", "client.changed done"], ["client.created done"])


def test_a_secret_that_is_changed_is_the_only_one(clients, write, reconcile):
    write(WIKI)
    reconcile()
    write({**WIKI, "client_secret": SHOP["client_secret"]})

    assert reconcile() == (0, 1, 0)
    assert clients.prove("wiki", WIKI["client_secret"]) is None
    assert clients.prove("wiki", SHOP["client_secret"])


def test_a_client_that_has_gone_from_the_file_is_removed_with_its_sessions(
    services, clients, write, reconcile, told, ada, provider
):
    write(WIKI, SHOP)
    reconcile()
    wiki, shop = (session(services, ada, client_id) for client_id in ("wiki", "shop"))
    write(SHOP)

    assert reconcile() == (0, 0, 1)
    assert [client.client_id for client in clients.all()] == ["shop"]
    assert [provider.is_alive(each.session_id) for each in (wiki, shop)] == [False, True]
    assert told("wiki") == ["client.created done", "client.deleted done"]


def test_clients_of_others_stay_as_they_are(services, clients, write, reconcile):
    by_hand = services.administer.create_client("Chat").client
    write(WIKI)
    reconcile()
    write()

    assert reconcile() == (0, 0, 1)
    assert clients.all() == [by_hand]


def test_an_id_of_somebody_elses_is_a_mistake_and_nothing_is_done(services, clients, write, reconcile):
    with services.database.transaction():
        mine, secret = clients.register("Mine", client_id="shop")
    write(WIKI, SHOP)

    with pytest.raises(Misconfigured) as refusal:
        reconcile()
    assert refusal.value.problems == ("CLIENTS_FILE: shop is a client already, and does not come from the file.",)
    assert clients.all() == [mine]
    assert clients.prove("shop", secret) == mine


def test_a_file_with_a_mistake_changes_nothing(clients, write, reconcile):
    write(WIKI)
    reconcile()
    write({**SHOP, "client_secret": "short"})

    with pytest.raises(Misconfigured):
        reconcile()
    assert [client.client_id for client in clients.all()] == ["wiki"]


def test_when_many_start_at_once_each_change_is_made_once(settings, path, write, told, services):
    write({**WIKI, "client_id": "gone"})
    replace(services.provider.reconcile_clients, file=path).with_file()
    write(*({**WIKI, "client_id": f"wiki-{number}"} for number in range(5)))
    many = [services_of(create_app(settings, FrozenClock(), SeededChance(str(number)))) for number in range(6)]
    with ThreadPoolExecutor(len(many)) as starting:
        starts = [replace(each.provider.reconcile_clients, file=path).with_file for each in many]
        done = [start.result() for start in [starting.submit(start) for start in starts]]
    for each in many:
        each.database.release()

    assert [sum(counts) for counts in zip(*done, strict=True)] == [5, 0, 1]
    assert told("wiki-3") == ["client.created done"]
    assert told("gone") == ["client.created done", "client.deleted done"]


def test_no_secret_is_kept(services, write, reconcile):
    write(WIKI)
    reconcile()
    (held,) = services.capabilities.clients.of_origin(FILE)

    assert held.secret_fingerprint == fingerprint(WIKI["client_secret"])
    assert WIKI["client_secret"] not in str(held)

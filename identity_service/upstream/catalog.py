"""
The providers of this installation: found, not listed.

Every module under `providers/` is imported, and every class in it that can be a provider is one. This is the only
dynamic import of the house; in return nobody has to be told of a new file.
"""

import inspect
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from identity_service.foundation.clock import Clock
from identity_service.upstream import providers
from identity_service.upstream.provider import Given, Provider


def found(package: Any = providers) -> list[type[Provider]]:
    """Return the classes of all providers in *package*, in the order of their files."""
    modules = (import_module(f"{package.__name__}.{module.name}") for module in iter_modules(package.__path__))
    return [kind for module in modules for kind in _providers_of(module)]


class Catalog:
    """The providers that are switched on, by name, in the order in which they are shown."""

    def __init__(self, chosen: Iterable[Provider]) -> None:
        """Hold *chosen*."""
        self._providers = {provider.called: provider for provider in chosen}

    def get(self, name: str) -> Provider | None:
        """Return the provider that is called *name*, or None."""
        return self._providers.get(name)

    def kind(self, name: str) -> str:
        """Return what accounts are said to come from by way of *name*, its own name if it is not switched on."""
        provider = self.get(name)
        return provider.name if provider else name

    def __iter__(self) -> Iterator[Provider]:
        """Yield each provider."""
        return iter(self._providers.values())


def configured(
    kinds: Iterable[type[Provider]], clients: Mapping[str, Any], openid: Mapping[str, Any], server: str, clock: Clock
) -> Iterator[Provider]:
    """
    Yield an instance of each provider that is switched on.

    Args:
        kinds: the classes.
        clients: settings of OAuth clients, by provider.
        openid: settings of OpenID issuers, by the names that the operator gave them.
        server: the address of this service, before the path of each callback.
        clock: what tells the time.
    """
    for kind in kinds:
        for name, client in kind.configured(clients, openid).items():
            yield kind(Given(name, client, f"{server}{client.callback_url}", clock))


def _providers_of(module: Any) -> list[type[Provider]]:
    return [
        each
        for each in vars(module).values()
        if inspect.isclass(each) and issubclass(each, Provider) and each.__module__ == module.__name__
        if not inspect.isabstract(each)
    ]

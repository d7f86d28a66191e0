"""
What happens when somebody leaves for a provider, and comes back.

Every arrival is of a trip that left from this very browser, and of each trip only the first counts; before that is
settled, nothing that came with it is believed, and nobody is asked.
Law: RFC 9700 §4.7 (forged and repeated answers), §4.4 (mix-up).
Leaves to others: what an answer proves (upstream), whose account it opens (welcome), connecting (connect).
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from identity_service.flows.outcomes import Active, Arrived, Button, Leaving, SignedIn, Transaction, Visitor
from identity_service.flows.upstream.connect import Connect
from identity_service.flows.upstream.welcome import Welcome
from identity_service.foundation.errors import (
    Refused,
    StrangeArrival,
    UpstreamDenied,
    UpstreamOff,
    UpstreamRoleMissing,
    UpstreamSilent,
    UpstreamUntrusted,
)
from identity_service.moderation.trail import REFUSED, Event, Trail
from identity_service.upstream.catalog import Catalog
from identity_service.upstream.departures import Departures, Returned, Wish
from identity_service.upstream.provider import Callback, Identity, Line, NotProven, Provider, Reason

_FAULTS: dict[Reason, type[Refused]] = {
    Reason.DENIED: UpstreamDenied,
    Reason.SILENT: UpstreamSilent,
    Reason.UNTRUSTED: UpstreamUntrusted,
    Reason.ROLE: UpstreamRoleMissing,
}


class Patience:
    """How many threads of this worker wait for providers; those that hang must not hold them all."""

    def __init__(self, of_all: int, of_one: int) -> None:
        """Let *of_all* threads wait for providers, and *of_one* for the same provider."""
        self._of_one = of_one
        self._all = threading.BoundedSemaphore(of_all)
        self._waiting: dict[str, threading.BoundedSemaphore] = {}
        self._making = threading.Lock()

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """
        Wait for the provider *name*.

        Raises:
            UpstreamSilent: too many do already.
        """
        with self._making:
            turn = self._waiting.setdefault(name, threading.BoundedSemaphore(self._of_one))
        with self._one_of(turn, name), self._one_of(self._all, "providers"):
            yield

    @staticmethod
    @contextmanager
    def _one_of(turn: threading.BoundedSemaphore, whom: str) -> Iterator[None]:
        if not turn.acquire(blocking=False):
            raise UpstreamSilent(detail=f"too many are waiting for {whom}")
        try:
            yield
        finally:
            turn.release()


@dataclass(frozen=True)
class Trips:
    """The way to a provider and back; `set_out` gives each trip a line with a time of its own."""

    catalog: Catalog
    departures: Departures
    welcome: Welcome
    connect: Connect
    trail: Trail
    transaction: Transaction
    set_out: Callable[[], Line]
    patience: Patience

    def buttons(self, continuation: str = "") -> list[Button]:
        """Return the ways in that work, for whoever carries *continuation* along."""
        shown = list(self.catalog)
        if shown and continuation and self.departures.depart("nobody", Wish(continuation, is_from_here=True)) is None:
            return []
        return [
            Button(each.called, each.name, each.button, each.image, each.goes_at_once and each.called == each.name)
            for each in shown
        ]

    def depart(self, name: str, wish: Wish) -> Leaving:
        """
        Send somebody to the provider *name*.

        Raises:
            UpstreamOff: there is none.
            UpstreamSilent, UpstreamUntrusted: it would have to be asked something first, and does not answer well.
        """
        provider = self._provider(name)
        departed = self.departures.depart(name, wish)
        if departed is None:
            raise UpstreamOff(detail="the application's request is too long to be carried along")
        with self._judged(name):
            address = provider.authorization_url(departed.trip, self.set_out())
        return Leaving(address, departed.trip.state, departed.sealed)

    def connecting(self, name: str, active: Active) -> Leaving:
        """
        Send somebody to the provider *name*, to connect the account that is signed in.

        Raises:
            LinkingOff, FreshSignInRequired: as `Connect.begin` says; otherwise as `depart`.
        """
        self._provider(name)
        return self.depart(name, self.connect.begin(active))

    def by_post(self, name: str, callback: Callback) -> str | None:
        """Return *callback*, which another site sent as a form, sealed: the browser comes again with its cookie."""
        provider = self.catalog.get(name)
        is_expected = provider is not None and provider.comes_back_by_post
        return self.departures.seal_callback(name, callback) if is_expected else None

    def unsealed(self, name: str, sealed: str) -> Callback:
        """Return what `by_post` sealed; an empty callback, which arrives nowhere, if that was not us."""
        return self.departures.open_callback(name, sealed) or Callback()

    def arrive(self, name: str, callback: Callback, sealed: str, visitor: Visitor, browser: Active | None) -> Arrived:
        """
        Let somebody in who is back from the provider *name* with *callback* and the *sealed* trip of this browser.

        Returns:
            How it ended; a fault is an ending too, because the browser has to go somewhere.
        """
        returned = self.departures.returned(name, sealed, callback.state)
        wish = returned.wish if returned else Wish()
        try:
            return Arrived(wish, self._arrived(name, callback, returned, visitor, browser))
        except Refused as fault:
            self._note(name, fault, wish, visitor)
            return Arrived(wish, fault=fault)

    def _arrived(
        self, name: str, callback: Callback, returned: Returned | None, visitor: Visitor, browser: Active | None
    ) -> SignedIn | None:
        provider = self._provider(name)
        if returned is None:
            raise StrangeArrival(detail="no such trip in this browser")
        with self.transaction():
            is_first = self.departures.claim(returned)
        if not is_first:
            raise StrangeArrival(detail="a trip that is over")
        with self._judged(name):
            identity = provider.identify(callback, returned.trip, self.set_out())
        return self._let_in(provider, identity, returned.wish, visitor, browser)

    def _let_in(
        self, provider: Provider, identity: Identity, wish: Wish, visitor: Visitor, browser: Active | None
    ) -> SignedIn | None:
        if wish.user_id:
            self.connect.complete(identity, wish, visitor, browser)
            return None
        return self.welcome.of(identity, provider.farewell(identity), visitor, browser)

    def _provider(self, name: str) -> Provider:
        provider = self.catalog.get(name)
        if provider is None:
            raise UpstreamOff(detail=f"no provider {name[:64]!r}")
        return provider

    @contextmanager
    def _judged(self, name: str) -> Iterator[None]:
        with self.patience.of(name):
            try:
                yield
            except NotProven as wrong:
                raise _FAULTS[wrong.reason](detail=wrong.detail) from wrong

    def _note(self, name: str, fault: Refused, wish: Wish, visitor: Visitor) -> None:
        # A name that a stranger has made up is nobody's.
        detail = {"provider": name if self.catalog.get(name) else "unknown", "code": fault.code}
        event = "account.linked" if wish.user_id else "signed_in"
        where = visitor.address, visitor.request_id
        with self.transaction():
            self.trail.record(Event(event, REFUSED, wish.user_id, wish.user_id, *where, detail))

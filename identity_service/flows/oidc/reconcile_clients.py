"""
What happens with CLIENTS_FILE when the service starts.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from identity_service.flows.oidc.remove_client import RemoveClient
from identity_service.flows.outcomes import Transaction
from identity_service.foundation.clock import Clock
from identity_service.foundation.errors import Misconfigured
from identity_service.moderation.trail import DONE, Event, Trail
from identity_service.oidc.clients import FILE, Client, Clients, Held
from identity_service.oidc.clients_file import SETTING, Written, read_clients


class Reconciled(NamedTuple):
    """How many clients were brought into line."""

    added: int
    changed: int
    removed: int


@dataclass(frozen=True)
class ReconcileClients:
    """Lets the clients that come from the file be what the file says; all other clients stay as they are."""

    clients: Clients
    remove: RemoveClient
    trail: Trail
    transaction: Transaction
    clock: Clock
    file: Path | None

    def with_file(self) -> Reconciled:
        """
        Add, change and remove what differs from the file, all of it or nothing; without a file, do nothing.

        Any number of processes may do this at once: the rows are locked in the order of their ids, each insertion is
        conditional, and who comes second finds nothing left to do.

        Raises:
            Misconfigured: the file has mistakes, or names a client of somebody else's; each is told.
        """
        if self.file is None:
            return Reconciled(0, 0, 0)
        written = read_clients(self.file)
        with self.transaction():
            held = {each.client.client_id: each for each in self.clients.of_origin(FILE)}
            added = sum(self._add(each) for each in written if each.client_id not in held)
            changed = sum(self._change(held[each.client_id], each) for each in written if each.client_id in held)
            gone = sorted(held.keys() - {each.client_id for each in written})
            removed = sum(self.remove.within(client_id, _event("deleted", client_id)) is not None for client_id in gone)
            self._insist_on_ours(written)
        return Reconciled(added, changed, removed)

    def _add(self, written: Written) -> bool:
        is_new = self.clients.add(Held(_client(written, self.clock), written.secret_fingerprint))
        if is_new:
            self.trail.record(_event("created", written.client_id))
        return is_new

    def _change(self, held: Held, written: Written) -> bool:
        wanted = written.wanted
        present = (held.client.name, held.client.redirect_uris, held.client.details, held.secret_fingerprint)
        if present == (wanted.name, wanted.redirect_uris, wanted.details, written.secret_fingerprint):
            return False
        self.clients.change(_client(written, self.clock))
        if held.secret_fingerprint != written.secret_fingerprint:
            self.clients.set_secret(written.client_id, written.secret_fingerprint)
        self.trail.record(_event("changed", written.client_id))
        return True

    def _insist_on_ours(self, written: tuple[Written, ...]) -> None:
        ours = {each.client.client_id for each in self.clients.of_origin(FILE)}
        others = [each.client_id for each in written if each.client_id not in ours]
        if others:
            raise Misconfigured(
                [
                    f"{SETTING}: {client_id} is a client already, and does not come from the file."
                    for client_id in others
                ]
            )


def _client(written: Written, clock: Clock) -> Client:
    wanted = written.wanted
    return Client(written.client_id, wanted.name, wanted.redirect_uris, clock.now(), FILE, wanted.details)


def _event(what: str, client_id: str) -> Event:
    return Event(f"client.{what}", DONE, "operator", client_id, detail={"by": SETTING})

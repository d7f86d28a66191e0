"""
What happens when an application registers itself, and looks after its registration.

Law: RFC 7591 §3 (registration), RFC 7592 §2 (reading, replacing, removing), OpenID Connect Dynamic Client
Registration 1.0 §3 and §4.
Leaves to others: what may be registered (oidc.registration).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from identity_service.flows.oidc.remove_client import RemoveClient
from identity_service.flows.outcomes import Transaction, Visitor
from identity_service.foundation.clock import to_seconds
from identity_service.foundation.errors import InvalidClientMetadata, InvalidToken, NotFound, SignInRequired
from identity_service.foundation.opaque import Chance, matches, mint
from identity_service.moderation.trail import DONE, Event, Trail
from identity_service.oidc.clients import DYNAMIC, Client, Clients, renamed
from identity_service.oidc.registration import read, registered


@dataclass(frozen=True)
class RegisterClient:
    """
    Registration by the application itself, with a token from the operator; afterwards with one of its own.

    `initial_fingerprint` is that of the operator's token, None when nobody may register; `registrations` is the
    address of the door.
    """

    clients: Clients
    remove: RemoveClient
    trail: Trail
    transaction: Transaction
    chance: Chance
    registrations: str
    initial_fingerprint: str | None

    def admit(self, token: str | None) -> None:
        """
        Let whoever has the operator's token register a client.

        Raises:
            NotFound: nobody may.
            SignInRequired: there is no token.
            InvalidToken: it is another token.
        """
        if self.initial_fingerprint is None:
            raise NotFound
        if not token:
            raise SignInRequired
        if not matches(token, self.initial_fingerprint):
            raise InvalidToken(detail="initial access token")

    def new(self, token: str | None, metadata: Mapping[str, Any], visitor: Visitor) -> dict[str, Any]:
        """
        Register a client for whoever has the operator's token; return all there is to know, secrets included.

        Raises:
            NotFound: nobody may register a client.
            SignInRequired: there is no token.
            InvalidToken: it is another token.
            InvalidRedirectURI: a redirect address cannot be.
            InvalidClientMetadata: something else cannot be.

        Law: RFC 7591 §3.2.1.
        """
        self.admit(token)
        wanted = read(metadata, by_operator=False)
        own = mint(self.chance)
        with self.transaction():
            client, secret = self.clients.register(wanted.name, wanted.redirect_uris, wanted.details, origin=DYNAMIC)
            self.clients.set_registration_token(client.client_id, own.fingerprint)
            self.trail.record(_event("created", client.client_id, visitor))
        return self._told(client, own.plain, secret)

    def of(self, client_id: str, token: str | None) -> Client:
        """
        Return the client whose registration *token* manages.

        Raises:
            NotFound: no client may register itself.
            SignInRequired: there is no token.
            InvalidToken: it is another token, or there is no such client; the two are not told apart.
        """
        if self.initial_fingerprint is None:
            raise NotFound
        if not token:
            raise SignInRequired
        client = self.clients.managed(client_id, token)
        if client is None:
            raise InvalidToken(detail="registration access token")
        return client

    def shown(self, client: Client, token: str) -> dict[str, Any]:
        """Return what is registered; the secret was shown once and is not known any more (RFC 7592 §2.1)."""
        return self._told(client, token, None)

    def replaced(self, client: Client, token: str, metadata: Mapping[str, Any], visitor: Visitor) -> dict[str, Any]:
        """
        Replace what is registered of *client* by *metadata*; what is left out goes back to its default.

        Its secret stays as long as it has use for one; a client that comes to need one is given it.

        Raises:
            InvalidRedirectURI: a redirect address cannot be.
            InvalidClientMetadata: something else cannot be, or the client or its secret is another.
            InvalidToken: the client has just been removed.

        Law: RFC 7592 §2.2.
        """
        self._insist_on_the_same(client, metadata)
        wanted = read(metadata, by_operator=False)
        changed = renamed(client, wanted.name, wanted.redirect_uris, wanted.details)
        secret = mint(self.chance)
        with self.transaction():
            is_here = self.clients.change(changed)
            is_given = changed.has_secret and self.clients.set_first_secret(client.client_id, secret.fingerprint)
            if not changed.has_secret:
                self.clients.set_secret(client.client_id, "")
            if is_here:
                self.trail.record(_event("changed", client.client_id, visitor))
        if not is_here:
            raise InvalidToken(detail="removed meanwhile")
        return self._told(changed, token, secret.plain if is_given else None)

    def withdrawn(self, client: Client, visitor: Visitor) -> None:
        """Remove *client*, and end its sessions (RFC 7592 §2.3); one that is gone already stays gone."""
        with self.transaction():
            self.remove.within(client.client_id, _event("deleted", client.client_id, visitor))

    def _insist_on_the_same(self, client: Client, metadata: Mapping[str, Any]) -> None:
        if metadata.get("client_id") != client.client_id:
            raise InvalidClientMetadata("client_id must be that of the client.")
        # RFC 7592 §2.2: a client cannot choose its secret, only repeat it.
        told = metadata.get("client_secret")
        is_its_own = isinstance(told, str) and self.clients.prove(client.client_id, told) is not None
        if told is not None and not is_its_own:
            raise InvalidClientMetadata("client_secret must be that of the client, or left out.")

    def _told(self, client: Client, token: str, secret: str | None) -> dict[str, Any]:
        return {
            "client_id": client.client_id,
            "client_id_issued_at": to_seconds(client.created_at),
            **({"client_secret": secret, "client_secret_expires_at": 0} if secret else {}),
            "registration_access_token": token,
            "registration_client_uri": f"{self.registrations}/{client.client_id}",
            **registered(client),
        }


def _event(what: str, client_id: str, visitor: Visitor) -> Event:
    return Event(f"client.{what}", DONE, client_id, client_id, visitor.address, visitor.request_id)

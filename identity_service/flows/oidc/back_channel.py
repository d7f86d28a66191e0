"""
What happens after a session has ended: its clients are told, again and again until they listen or time is up.

Law: OpenID Connect Back-Channel Logout 1.0 §2.5 (the request), §2.8 (what counts as listening).
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode

from identity_service.flows.outcomes import Transaction
from identity_service.foundation import logs
from identity_service.foundation.outbound import Outbound, Outgoing, Unreachable
from identity_service.oidc.clients import DYNAMIC, Client, Clients
from identity_service.oidc.logout_deliveries import Delivery, LogoutDeliveries
from identity_service.oidc.logout_tokens import LogoutTokens

_AT_ONCE = 4
_HEARD = frozenset({HTTPStatus.OK, HTTPStatus.NO_CONTENT})


@dataclass(frozen=True)
class BackChannel:
    """Tells clients that a session has ended."""

    deliveries: LogoutDeliveries
    clients: Clients
    logout_tokens: LogoutTokens
    outbound: Outbound
    transaction: Transaction

    def deliver_due(self) -> None:
        """Tell whoever has to be told by now; a client that does not answer holds up three others at most."""
        # Looked at first without a transaction: nearly always there is nothing, and writers should not wait for that.
        while self.deliveries.due():
            with self.transaction():
                taken = self.deliveries.take(_AT_ONCE)
            if not taken:
                return  # somebody else was faster
            with ThreadPoolExecutor(_AT_ONCE) as posting:
                heard = list(posting.map(self._is_heard, taken))
            for delivery, is_done in zip(taken, heard, strict=True):
                self._settle(delivery, is_done=is_done)

    def _settle(self, delivery: Delivery, *, is_done: bool) -> None:
        with self.transaction():
            if is_done:
                self.deliveries.done(delivery)
                return
            is_given_up = self.deliveries.failed(delivery)
        if is_given_up:
            facts = {"client_id": delivery.client_id, "session_id": delivery.session_id}
            logs.logger().warning("back_channel_logout.given_up", **facts)

    def _is_heard(self, delivery: Delivery) -> bool:
        client = self.clients.by_id(delivery.client_id)
        if client is None or client.details.backchannel_logout_uri is None:
            return True  # there is nobody left to tell
        try:
            answer = self.outbound.fetch(self._request(client, client.details.backchannel_logout_uri, delivery))
        except Unreachable as why:
            self._log_failure(delivery, str(why))
            return False
        if answer.status in _HEARD:
            return True
        self._log_failure(delivery, f"status {answer.status}")
        return False

    def _request(self, client: Client, uri: str, delivery: Delivery) -> Outgoing:
        token = self.logout_tokens.issue(client, delivery.user_id, delivery.session_id)
        return Outgoing(
            "POST",
            uri,
            {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            urlencode({"logout_token": token}).encode(),
            # The operator may well have a client in the same network; a stranger's stays outside.
            may_be_private=client.origin != DYNAMIC,
        )

    @staticmethod
    def _log_failure(delivery: Delivery, why: str) -> None:
        facts = {"client_id": delivery.client_id, "attempt": delivery.attempts, "why": why}
        logs.logger().info("back_channel_logout.unheard", **facts)

"""
What happens after a letter was written: it is sent, again and again until somebody takes it or time is up.
"""

from dataclasses import dataclass

from identity_service.flows.outcomes import Transaction
from identity_service.foundation import logs, rounds
from identity_service.mail.composer import Composer, Unspeakable
from identity_service.mail.delivering import NotTaken, Postman
from identity_service.mail.outbox import Outbox, Taken


@dataclass(frozen=True)
class RetryMail:
    """What an operator does who has mended the mail server."""

    outbox: Outbox
    transaction: Transaction

    def letters(self, letter_id: str | None = None) -> int:
        """Make the letter with this id, or every one, due at once; return how many that are."""
        with self.transaction():
            return self.outbox.retry(letter_id)


@dataclass(frozen=True)
class DeliverMail:
    """Empties the outbox; as many threads of as many processes as like may do so at the same time."""

    outbox: Outbox
    composer: Composer
    postman: Postman
    transaction: Transaction

    def deliver_due(self) -> None:
        """
        Send letter after letter until none is due, or the process ends; each is settled before the next is taken.

        While the server is in trouble one letter a round finds that out, and the others keep their attempts.
        """
        # Looked at first without a transaction: nearly always there is nothing, and writers should not wait for that.
        while not rounds.is_over() and self.outbox.due():
            with self.transaction():
                taken = self.outbox.take()
            if taken is not None and not self._is_worth_going_on(taken):
                return

    def _is_worth_going_on(self, taken: Taken) -> bool:
        try:
            self._send(taken)
        except NotTaken as why:
            self._postpone(taken, why)
            return not why.concerns_all
        return True

    def _send(self, taken: Taken) -> None:
        if taken.letter is None:
            raise NotTaken("It was sealed under another CREDS_KEY.", is_final=True)
        try:
            composed = self.composer.compose(taken.letter, taken.id, taken.written_at)
        except Unspeakable as fault:
            raise NotTaken(str(fault), is_final=True) from fault
        self.postman.send(composed, lambda _: self._settle(taken))

    def _settle(self, taken: Taken) -> None:
        with self.transaction():
            self.outbox.sent(taken)
        logs.logger().info("letter.sent", letter_id=taken.id, kind=taken.kind, attempt=taken.attempts)

    def _postpone(self, taken: Taken, why: NotTaken) -> None:
        with self.transaction():
            is_over = self.outbox.failed(taken, why.answer, is_final=why.is_final)
        # What a mail server says may hold an address: it stands in the outbox, and not in the log.
        facts = {"letter_id": taken.id, "kind": taken.kind, "attempt": taken.attempts}
        if is_over:
            logs.logger().warning("letter.given_up", **facts)
        else:
            logs.logger().info("letter.postponed", **facts)

"""
Several requests that share one time: whoever waits for all of them waits no longer than for one.

Leaves to others: the requests themselves (outbound).
"""

from collections.abc import Callable
from dataclasses import dataclass

from identity_service.foundation.clock import stopwatch
from identity_service.foundation.outbound import Incoming, Outbound, Outgoing, Reason, Unreachable


@dataclass(frozen=True)
class Errand:
    """One errand: each request gets what the earlier ones have left of the door's `total_seconds`."""

    outbound: Outbound
    elapsed: Callable[[], float]

    def fetch(self, request: Outgoing) -> Incoming:
        """
        Send *request* and return the answer, as the door does.

        Raises:
            Unreachable: there is none that may be used, or the time of the errand is over.
        """
        left = self.outbound.total_seconds - self.elapsed()
        if left <= 0:
            raise Unreachable(Reason.TIME)
        return self.outbound.fetch(request, left)


def set_out(outbound: Outbound) -> Errand:
    """Return an errand that begins now."""
    return Errand(outbound, stopwatch())

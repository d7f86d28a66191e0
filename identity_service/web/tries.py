"""
What a try costs: it counts before any work is done for it, is never taken back, and too many of them are refused.

A try of a password counts at the network, at the account that was typed and over all: at all of them at once, in one
transaction. Redis, if there is one, is asked first, and keeps no try that the database then does not count.
Law: OWASP ASVS 5.0 6.3.1, 2.4.1; RFC 6585 §4 (429), RFC 9110 §10.2.3 (Retry-After).
Leaves to others: which door counts where (limits_doors), the counting itself (flows.count, limits_redis), what follows
from a breach (flows.gate).
"""

from collections.abc import Sequence
from datetime import timedelta
from math import ceil
from typing import NamedTuple, NoReturn

from identity_service.flows.outcomes import Bucket, Full, Visitor
from identity_service.foundation.errors import DatabaseUnavailable, TooManyAttempts
from identity_service.web import metrics
from identity_service.web.limits_doors import Rule
from identity_service.web.limits_redis import RedisWindows
from identity_service.wiring import Services

_NOWHERE = "nowhere"
"""What stands for an address that nobody could tell: one bucket, and never none."""

_TOLD_BREACHES = 2
"""How many times BAN_INTERVAL a network's breaches are told within a window: enough for a ban, and no flood of rows."""

_second = timedelta(seconds=1)


class Tries(NamedTuple):
    """The tries at one installation, and its Redis if there is one."""

    asked: Services
    redis: RedisWindows | None

    def take(self, buckets: Sequence[Bucket]) -> Full | None:
        """Count one try in each of *buckets*, in order; return the first that is full."""
        if self.redis is None:
            return self.asked.moderation.count.take(buckets)
        for bucket in buckets:
            if self.redis.admits(bucket.name, bucket.limit, bucket.window // _second) is False:
                return Full(bucket, self.asked.moderation.count.present(bucket)[0] + bucket.window)
        return self._take_behind(self.redis, buckets)

    def at_account(self, email: str, device: str) -> tuple[Bucket, ...]:
        """Return where a try of a password counts besides the network; *device* is what the browser carries."""
        moderation = self.asked.moderation
        return moderation.count.of_password(email, moderation.devices.known(device, email))

    def at_network(self, rule: Rule, visitor: Visitor) -> Bucket:
        """Return where a try under *rule* counts for whoever has the *visitor*'s network."""
        return Bucket(f"{network(visitor)}/{rule.scope}", self.most(rule), self.window(rule))

    def refuse(self, rule: Rule, full: Full, visitor: Visitor) -> NoReturn:
        """
        Turn *visitor* away, because of the bucket that is *full*, and write the breach down.

        Raises:
            TooManyAttempts: until there is room again.
            Banned: and the network is banned.
        """
        metrics.count_limited(rule.scope)
        gate = self.asked.moderation.gate
        gate.admit(visitor)
        most = _TOLD_BREACHES * self.asked.settings.moderation.ban_interval
        if self.take([Bucket(f"{network(visitor)}/breaches/{rule.kind}", most, full.bucket.window)]) is None:
            gate.breach(rule.kind, visitor)
        wait = max(1, ceil((full.until - self.asked.clock.now()) / _second))
        raise TooManyAttempts(rule.text(self.window(rule)), retry_after=wait)

    def left(self, bucket: Bucket, retry_after: int | None = None) -> list[tuple[str, str]]:
        """
        Return the headers that say how much is left in *bucket*; none if that cannot be read just now.

        Args:
            bucket: where a request has counted.
            retry_after: in how many seconds there is room again, for a request that was turned away because of it.

        Law: draft-ietf-httpapi-ratelimit-headers-07 §3.
        """
        try:
            began, tries = self.asked.moderation.count.present(bucket)
        except DatabaseUnavailable:
            return []
        wait = ceil((began + bucket.window - self.asked.clock.now()) / _second)
        is_over = retry_after is not None
        return [
            ("RateLimit-Limit", str(bucket.limit)),
            ("RateLimit-Remaining", "0" if is_over else str(max(0, bucket.limit - tries))),
            ("RateLimit-Reset", str(max(0, wait if retry_after is None else retry_after))),
        ]

    def most(self, rule: Rule) -> int:
        """Return how many tries *rule* lets pass within its window."""
        most: int = getattr(self.asked.settings.moderation, rule.most)
        return most

    def window(self, rule: Rule) -> timedelta:
        """Return the window of *rule*, in whole seconds: Redis forgets keys after those."""
        window: timedelta = getattr(self.asked.settings.moderation, rule.window)
        return ceil(window / _second) * _second

    def _take_behind(self, redis: RedisWindows, buckets: Sequence[Bucket]) -> Full | None:
        """Let the database count what *redis* has let pass; Redis begins anew with what has not counted."""
        counted = 0
        try:
            full = self.asked.moderation.count.take(buckets)
            counted = buckets.index(full.bucket) if full else len(buckets)
        finally:
            for bucket in buckets[counted:]:
                redis.forget(bucket.name)
        return full


def network(visitor: Visitor) -> str:
    """Return the name under which the tries of a *visitor*'s network count."""
    return visitor.network or _NOWHERE

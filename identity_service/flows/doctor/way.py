"""
What the doctor hears of the way by which requests come.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from identity_service.flows.doctor.findings import Finding, Severity
from identity_service.moderation.sightings import Sightings


@dataclass(frozen=True)
class Way:
    """Holds TRUST_PROXY against the requests that were seen."""

    sightings: Sightings
    is_schema_current: Callable[[], bool]

    def of_requests(self) -> Iterator[Finding]:
        """Tell every doubt; what requests contradict is wrong, and what they have not shown yet is advice."""
        if not self.is_schema_current():
            return  # said already
        severity: Severity = "wrong" if self.sightings.is_contradicted() else "advice"
        for doubt in self.sightings.doubts():
            yield Finding(
                "proxy_doubtful",
                f"{doubt} Until then bans of addresses only observe.",
                "Set TRUST_PROXY to the number of proxies before this service, and let people in by their way.",
                severity,
            )

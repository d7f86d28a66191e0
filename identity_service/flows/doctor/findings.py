"""
What the doctor says: findings, and the areas that it looks at.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

Severity: TypeAlias = Literal["wrong", "advice"]


@dataclass(frozen=True)
class Finding:
    """
    Something that is not as it should be.

    Attributes:
        code: stable, for programs.
        cause: what was seen, in a sentence.
        fix: what to do about it, in a sentence.
        severity: what is "wrong" breaks something or lets somebody in; "advice" is the operator's to take.
    """

    code: str
    cause: str
    fix: str
    severity: Severity = "wrong"


Look: TypeAlias = Callable[[], Iterator[Finding]]
"""Looks at one area; what is well is not mentioned."""


@dataclass(frozen=True)
class Examined:
    """An area, and what was found in it."""

    area: str
    findings: tuple[Finding, ...]

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong; advice does not count."""
        return all(finding.severity == "advice" for finding in self.findings)

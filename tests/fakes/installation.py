"""
The settings of a test's installation, read once for as many tests as want the same ones.
"""

from functools import cache
from pathlib import Path

from identity_service.foundation.settings import Settings, load
from tests.fakes.secrets import GOOD_SECRETS

_NOWHERE = Path("/nowhere")
"""The folder of an installation that has no `.env`; paths are given whole."""


def settings_of(**chosen: str) -> Settings:
    """Return the default settings with good secrets, and with what was *chosen*."""
    return _read(tuple(chosen.items()))


@cache
def _read(chosen: tuple[tuple[str, str], ...]) -> Settings:
    return load({**GOOD_SECRETS, **dict(chosen)}, _NOWHERE)

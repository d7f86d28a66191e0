"""
Mail services that everybody knows, by name, alias or domain: which machine, which port, which encryption.

Source: Nodemailer's list (known_services.json; its licence lies beside it), read by Nodemailer's rule for names.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

_LIST = Path(__file__).parent / "known_services.json"
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9.-]")
_SUBMISSION, _TLS_FROM_THE_START = 587, 465


class Submission(NamedTuple):
    """Where a mail service takes letters, and how they must be encrypted at the least."""

    host: str
    port: int
    encryption: Literal["tls", "starttls", "opportunistic"]


def known_service(name: str) -> Submission | None:
    """Return the service that is known as *name*, None if none is."""
    return _known().get(_plain(name))


@cache
def _known() -> dict[str, Submission]:
    listed: dict[str, dict[str, Any]] = json.loads(_LIST.read_text(encoding="utf-8"))
    found = {}
    for name, told in listed.items():
        for spelling in (name, *told.get("aliases", ()), *told.get("domains", ())):
            found[_plain(spelling)] = _service(told)
    return found


def _service(told: dict[str, Any]) -> Submission:
    port = told.get("port", _SUBMISSION)
    host = told.get("host", "localhost")
    if told.get("secure") or port == _TLS_FROM_THE_START:
        return Submission(host, port, "tls")
    # Each service that takes submissions offers STARTTLS: where it is missing, somebody has taken it away.
    is_certain = told.get("requireTLS") or (port == _SUBMISSION and not told.get("ignoreTLS"))
    return Submission(host, port, "starttls" if is_certain else "opportunistic")


def _plain(name: str) -> str:
    return _NOT_IN_A_NAME.sub("", name.lower())

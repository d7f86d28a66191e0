"""
What others answer, read without trust: JSON of the right shape, and texts that can be kept and shown.

Law: RFC 8259; OWASP ASVS 5.0 §1.5.3 (one parser) and §2.2.1 (what comes in is what was expected).
"""

import json
import unicodedata
from typing import Any

from identity_service.foundation.outbound import Incoming

_FINE = range(200, 300)
_LARGEST_NUMBER = 400  # characters of a number; a longer one is an attack on whoever converts it


class BadAnswer(Exception):
    """Not an answer that could be used; why is for the log."""


def json_object(answer: Incoming, what: str) -> dict[str, Any]:
    """
    Return the JSON object that *what* answered.

    Raises:
        BadAnswer: another status than 2xx, no JSON, or something else than an object.
    """
    found = json_value(answer, what)
    if not isinstance(found, dict):
        raise BadAnswer(f"{what} answered no object")
    return found


def json_value(answer: Incoming, what: str) -> Any:
    """Return the JSON that *what* answered, whatever it is; errors as for `json_object`."""
    if answer.status not in _FINE:
        raise BadAnswer(f"{what} answered {answer.status}{_code_of(answer)}")
    return _parsed(answer.body, what)


def cleaned(told: object, longest: int) -> str | None:
    """Return the text *told* without control characters, in one line and cut to *longest*; None if that is nothing."""
    if not isinstance(told, str):
        return None
    # Half a surrogate pair is well in JSON and a fault in every database; Cf turns the direction of what follows.
    kept = (each if unicodedata.category(each)[0] not in "CZ" else " " for each in told[: 4 * longest])
    return " ".join("".join(kept).split())[:longest].strip() or None


def _parsed(body: bytes, what: str) -> Any:
    try:
        return json.loads(body.decode(), parse_constant=_refuse, parse_int=_number)
    except (ValueError, RecursionError) as wrong:
        raise BadAnswer(f"{what} answered no JSON") from wrong


def _code_of(answer: Incoming) -> str:
    """Return the word for what went wrong (RFC 6749 §5.2), if there is one; it may go into the log."""
    try:
        told = _parsed(answer.body, "")
    except BadAnswer:
        return ""
    error = cleaned(told.get("error"), 60) if isinstance(told, dict) else None
    return f" {error}" if error else ""


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _number(digits: str) -> int:
    if len(digits) > _LARGEST_NUMBER:
        raise ValueError("a number too long")
    return int(digits)

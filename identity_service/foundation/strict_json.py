"""
JSON as it is read from anybody: what two readers could understand in two ways is refused.

Law: RFC 8259 §4 (names that repeat) and §6 (NaN and Infinity are no numbers).
Leaves to others: which shape it must have (each reader).
"""

import json
from typing import Any


def read(text: str) -> Any:
    """
    Return what *text* says.

    Raises:
        ValueError: it is no JSON, a name stands twice in an object, or something is NaN or infinite.
        RecursionError: it is nested deeper than Python follows.
    """
    return _decoder.decode(text)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(constant)


# One decoder for the life of the process: json.loads makes a new one whenever it is given options.
_decoder = json.JSONDecoder(object_pairs_hook=_without_repeats, parse_constant=_refuse)

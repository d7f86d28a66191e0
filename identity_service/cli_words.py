"""
How the operator's commands write down what other people chose: names, notes, addresses; and what to type next.

Leaves to others: where it is printed (cli_frame, and each command that prints for itself).
"""

import shlex
import unicodedata


def printable(text: str) -> str:
    """Return *text* without anything that moves or breaks a terminal's line: no line break, no escape sequence."""
    return "".join(letter if letter.isprintable() or _is_space(letter) else "�" for letter in text)


def to_type(command: str, whom: str) -> str:
    """Return what an operator types into a shell for *command* about *whom*, who may begin like an option."""
    options_end = "-- " if whom.startswith("-") else ""
    return f"identity {command} {options_end}{shlex.quote(whom)}"


def _is_space(letter: str) -> bool:
    # Python calls only one of the spaces printable; others stand in names and titles.
    return unicodedata.category(letter) == "Zs"

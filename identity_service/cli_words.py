"""
How the operator's commands write down what other people chose: names, notes, addresses.

Leaves to others: where it is printed (each command).
"""


def printable(text: str) -> str:
    """Return *text* without anything that moves a terminal: no line break, no escape sequence."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)

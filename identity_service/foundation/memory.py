"""
What a process remembers of what it has looked up, so that it need not look again; never more than so much.

Leaves to others: how long something may be believed.
"""

from typing import TypeVar

Name = TypeVar("Name")
Known = TypeVar("Known")


def keep(remembered: dict[Name, Known], name: Name, known: Known, most: int) -> Known:
    """Remember *known* under *name*, and return it; with *most* there already, all of them are forgotten first."""
    if len(remembered) >= most:
        # All at once: to look for the oldest while another thread adds one is an error.
        remembered.clear()
    remembered[name] = known
    return known

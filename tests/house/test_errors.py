"""
One tree of errors, drawn where it grows; each has a code that is a promise, and a status that one table knows.

Leaves to others: that every code stands in openapi.yaml (test_openapi).
"""

import re
from collections.abc import Iterator

import pytest

from identity_service.foundation import errors
from identity_service.foundation.errors import IdentityFault
from identity_service.web.replies import STATUSES

LINE = re.compile(r"    (?P<stem>(?:│   |    )*)(?:├── |└── )?(?P<name>[A-Z]\w+)(?: +\S.*)?")
BRANCHES = {"IdentityFault", "Refused", "ProtocolError", "Unavailable"}


def classes(root: type[IdentityFault] = IdentityFault) -> Iterator[type[IdentityFault]]:
    """Yield *root* and everything that grows from it."""
    yield root
    for branch in root.__subclasses__():
        yield from classes(branch)


def drawn() -> dict[str, str]:
    """Read the drawing: each name with that of what it grows from."""
    path: list[str] = []
    grown = {}
    for line in (errors.__doc__ or "").splitlines():
        match = LINE.fullmatch(line)
        if match:
            depth = 0 if match["name"] == "IdentityFault" else len(match["stem"]) // 4 + 1
            path[depth:] = [match["name"]]
            grown[match["name"]] = path[depth - 1] if depth else ""
    return grown


LEAVES = [each for each in classes() if each.__name__ not in BRANCHES]


def test_the_drawing_is_the_tree():
    real = {each.__name__: each.__base__.__name__ for each in classes()}

    assert drawn() == {**real, "IdentityFault": ""}


def test_every_error_of_the_module_belongs_to_the_tree():
    written = {each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Exception)}

    assert written == set(classes())


def test_every_leaf_has_a_code_of_its_own():
    codes = [leaf.code for leaf in LEAVES]

    assert len(set(codes)) == len(codes)
    assert [code for code in codes if not re.fullmatch(r"[a-z]+(_[a-z]+)*", code)] == []


def test_every_leaf_has_a_status_and_nothing_else_has():
    assert set(STATUSES) == set(LEAVES)


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.code)
def test_every_leaf_is_explained_to_people_and_says_no_detail_to_them(leaf):
    fault = leaf(["PORT must be a number."]) if leaf is errors.Misconfigured else leaf(detail="for the log alone")

    assert fault.message
    assert "for the log alone" not in str(fault)
    assert leaf.__doc__


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.code)
def test_no_leaf_is_named_after_what_it_is(leaf):
    assert not leaf.__name__.endswith(("Error", "Exception", "Fault"))

"""A server for the tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.deploy.serving import Hello


@pytest.fixture(scope="module")
def server() -> Iterator[Hello]:
    """One gunicorn for the tests of a file."""
    with Hello() as running:
        yield running

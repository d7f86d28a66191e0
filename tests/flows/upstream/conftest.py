"""Somebody who comes from a provider."""

from functools import partial

import pytest

from tests.fakes.people import VISITOR


@pytest.fixture
def welcome(services):
    """Let an identity in that is proven."""
    return partial(services.upstream.trips.welcome.of, farewell=None, visitor=VISITOR)


@pytest.fixture
def person_of(services):
    """Look up whose address that is."""
    return services.capabilities.users.by_email

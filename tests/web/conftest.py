"""Somebody who is signed in, and the client that asks about them."""

import pytest

from tests.fakes import people


@pytest.fixture
def ada(services):
    """Ada, whose password is known, and who is the administrator."""
    return people.person(services)


@pytest.fixture
def begun(services, ada):
    """A session of Ada's that has just begun."""
    return people.session(services, ada)


@pytest.fixture
def bearer():
    """The header that shows an access token."""
    return lambda signed_in: {"Authorization": f"Bearer {signed_in.access_token}"}


@pytest.fixture
def back_end(services):
    """The credentials of a registered client, for HTTP Basic."""
    client, secret = services.administer.create_client("the chat back end")
    return client.client_id, secret

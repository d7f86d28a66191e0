"""Key rings as several workers of one installation have them; RSA keys are left out, because making one is slow."""

from datetime import timedelta

import pytest
from sqlalchemy import delete

from identity_service.keys.ring import KeyRing
from identity_service.keys.tables import SigningKey


@pytest.fixture
def rotation(services, clock):
    """The rotation of an installation that signs with ES256 alone, an hour after its first start."""
    clock.advance(timedelta(hours=1))
    with services.database.transaction():
        services.database.change(delete(SigningKey).where(SigningKey.algorithm == "RS256"))
    return services.capabilities.rotation


@pytest.fixture
def worker(services, clock, rotation):
    """A maker of key rings, each as one more worker process would have it."""
    return lambda: KeyRing(services.database, clock, rotation._vault, rotation)


@pytest.fixture
def rotate(services, rotation):
    """Rotate as an operator does, and return what is planned."""
    return lambda **how: services.administer.rotate_keys(**how)[0]

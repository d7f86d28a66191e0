"""
Writes openapi.yaml: what every door says of itself, whatever the settings of an installation.
"""

from pathlib import Path

from identity_service.app import create_app
from identity_service.foundation.opaque import SystemChance
from identity_service.foundation.settings import load
from identity_service.web.openapi_document import document

_SECRETS = ("JWT_SECRET", "JWT_REFRESH_SECRET", "CREDS_KEY")


def contract() -> str:
    """Return the contract of an installation that has nothing but its secrets."""
    secrets = {name: SystemChance().token_bytes(32).hex() for name in _SECRETS}
    return document(create_app(load(secrets, Path(__file__).parent)))

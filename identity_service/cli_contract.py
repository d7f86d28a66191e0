"""
Writes openapi.yaml: what every door says of itself, whatever the settings of an installation.
"""

from identity_service.app import create_bare_app
from identity_service.web.openapi_document import document


def contract() -> str:
    """Return the contract of an installation that has nothing but its secrets."""
    return document(create_bare_app())

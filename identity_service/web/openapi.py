"""
The contract, for whoever asks this installation for it: the very file that stands beside the code.

Leaves to others: how it is made (openapi_document).
"""

from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response
from pydantic import BaseModel, ConfigDict

from identity_service.web.contract import Answer, Operation, door

openapi = Blueprint("openapi", __name__)

_EXAMPLE = {"openapi": "3.1.0", "info": {"title": "Identity service", "version": "0.1.0"}, "paths": {}}
_PACKAGE = Path(__file__).parents[1]


class Contract(BaseModel):
    """What this document is itself: OpenAPI 3.1."""

    model_config = ConfigDict(extra="allow")

    openapi: str
    info: dict[str, Any]
    paths: dict[str, Any]


@door(
    openapi,
    "GET",
    "/openapi.yaml",
    Operation("This contract", "operations", {200: Answer("The contract.", Contract, _EXAMPLE, "application/yaml")}),
)
def contract() -> Response:
    """Serve the contract."""
    return Response(_written(), mimetype="application/yaml")


@cache
def _written() -> str:
    # In the package if it was built as a wheel, at the top of the project otherwise.
    packed, beside = (folder / "openapi.yaml" for folder in (_PACKAGE, _PACKAGE.parent))
    return (packed if packed.exists() else beside).read_text("utf-8")

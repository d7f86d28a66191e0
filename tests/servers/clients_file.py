"""
CLIENTS_FILE, as an operator writes it.

Leaves to others: which clients there are, and where their people come back to.
"""

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SECRET = secrets.token_urlsafe(32)
"""Of every client that has one."""

_WITHOUT_SECRET = {"none", "private_key_jwt"}


def write_clients(folder: Path, clients: Mapping[str, Mapping[str, Any]]) -> Path:
    """Write down *clients*: what is known of each under its id; a name and a secret need not be said."""
    lines = []
    for client_id, told in clients.items():
        has_secret = told.get("token_endpoint_auth_method") not in _WITHOUT_SECRET
        usual = {"client_id": client_id, "client_name": f"The application {client_id}"}
        usual |= {"client_secret": SECRET} if has_secret else {}
        lines += ["[[client]]", *(f"{name} = {_toml(value)}" for name, value in {**usual, **told}.items())]
    path = folder / "clients.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(name)} = {_toml(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value)

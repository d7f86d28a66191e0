"""
The operator's commands about clients: the applications that sign people in here, and the back ends that ask us.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import click

from identity_service.cli_frame import AS_JSON, REFUSED, YES, confirmed, leave, say, services_here
from identity_service.cli_presets import PRESETS
from identity_service.cli_words import printable
from identity_service.foundation.opaque import text
from identity_service.foundation.settings import Settings

_LONGEST_OVERLAP = 24 * 366
_FRESH_BYTES = 32
_SHOWN_ONCE = "The secret is not shown again."

# What each switch says in the words of client metadata.
_SWITCHES: Mapping[str, tuple[str, Any]] = {
    "public": ("token_endpoint_auth_method", "none"),
    "native": ("application_type", "native"),
    "trusted": ("is_trusted", True),
    "no_pkce": ("require_pkce", False),
    "es256": ("id_token_signed_response_alg", "ES256"),
    "no_introspection": ("may_introspect", False),
    "id_token_claims": ("claims_in_id_token", True),
}


def _jwks(_context: click.Context, _parameter: click.Parameter, path: Path | None) -> dict[str, Any] | None:
    """Read a file of keys; what is in it may be private by mistake, so nothing of it is repeated."""
    if path is None:
        return None
    try:
        keys = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        keys = None
    if not isinstance(keys, dict):
        raise click.BadParameter("it must be a file that holds a JWK Set.")
    return keys


@click.command("create-client")
@click.option("--name", default=None, help="What it is, for people.")
@click.option("--redirect-uri", "redirect_uris", multiple=True, help="Where answers may go; may be repeated.")
@click.option("--post-logout-redirect-uri", "post_logout_redirect_uris", multiple=True, help="Where people may land.")
@click.option("--backchannel-logout-uri", default=None, help="Where to tell it that a session has ended.")
@click.option("--scope", "scopes", multiple=True, help="What it may ask for, instead of everything; may be repeated.")
@click.option("--public", is_flag=True, help="It runs in browsers or on people's devices, and has no secret.")
@click.option("--native", is_flag=True, help="It is an app: its addresses may have a scheme of their own.")
@click.option("--trusted", is_flag=True, help="It is yours: people are not asked what it may know.")
@click.option("--no-pkce", is_flag=True, help="It is old and cannot do PKCE; it must send a nonce then.")
@click.option("--es256", is_flag=True, help="Its ID tokens are signed with ES256 instead of RS256.")
@click.option("--no-introspection", is_flag=True, help="It may not ask about the sessions of others.")
@click.option("--id-token-claims", is_flag=True, help="Its ID tokens repeat what userinfo says.")
@click.option("--jwks", type=click.Path(path_type=Path), callback=_jwks, help="A file with its public keys; no secret.")
@click.option("--preset", type=click.Choice([*PRESETS]), help="An application that we know; prints its settings.")
@click.option("--url", default="", help="Where that application is, such as https://chat.example.org.")
@YES
@AS_JSON
def create_client(*, yes: bool, as_json: bool, name: str | None, **told: Any) -> None:  # noqa: ARG001 - it asks nothing
    """Register an application or a back end; its secret is shown once."""
    context = click.get_current_context()
    preset, url = PRESETS.get(told["preset"] or ""), told["url"].rstrip("/")
    if bool(preset) != bool(url):
        raise click.UsageError("--preset and --url belong together.", context)
    if name is None and preset is None:
        raise click.MissingParameter(ctx=context, param_hint="'--name'", param_type="option")
    metadata = {**(preset.registration(url) if preset else {}), **_metadata(told)}
    redirect_uris = (*([url + preset.redirect_path] if preset else []), *told["redirect_uris"])
    with services_here() as services:
        name = preset.label if preset and name is None else name or ""
        client, secret = services.administer.create_client(name, redirect_uris, metadata)
        fresh = text(services.chance.token_bytes(_FRESH_BYTES))
    facts: dict[str, Any] = {"client_id": client.client_id, "client_secret": secret, "name": client.name}
    facts["redirect_uris"] = list(client.redirect_uris)
    lines = [f"client_id:     {client.client_id}", *_secret_lines(secret)]
    if preset:
        given = {"client_id": client.client_id, "client_secret": secret or "", "scope": metadata["scope"]}
        known = {**_ourselves(services.settings, client.client_id, url), **given, "url": url, "fresh": fresh}
        facts["settings"] = preset.settings(known)
        lines += ["", f"# For the .env of {preset.label}:", *preset.lines(known)]
    say(facts, lines, as_json=as_json)


@click.command("list-clients")
@AS_JSON
def list_clients(*, as_json: bool) -> None:
    """List every client; secrets are not among what is known of them."""
    with services_here() as services:
        clients = services.administer.list_clients()
    facts = [
        {
            "client_id": client.client_id,
            "name": client.name,
            "origin": client.origin,
            "redirect_uris": list(client.redirect_uris),
            "created_at": client.created_at.isoformat(),
        }
        for client in clients
    ]
    origins = {"file": "  (CLIENTS_FILE)", "dynamic": "  (registered itself)"}
    lines = [f"{client.client_id}  {client.name}{origins.get(client.origin, '')}" for client in clients]
    say(facts, lines, as_json=as_json)


@click.command("delete-client")
@click.argument("client_id")
@YES
@AS_JSON
def delete_client(client_id: str, *, yes: bool, as_json: bool) -> None:
    """Remove the client CLIENT_ID, and end its sessions."""
    with services_here() as services:
        client = services.administer.find_client(client_id)
        if client.origin == "file" and services.settings.clients.file:
            leave(REFUSED, "This client stands in CLIENTS_FILE: take it out there.")
        addresses = "".join(f"\n  {uri}" for uri in client.redirect_uris)
        question = f"Really delete client {printable(client.name)} ({client_id}) and end ALL its sessions?{addresses}\n"
        if not yes and not confirmed(question, as_json=as_json):
            leave(REFUSED, "Aborted.")
        ended = services.provider.remove_client.by_operator(client_id)
    facts = {"client_id": client_id, "name": client.name, "sessions": ended}
    say(facts, [f"Deleted client {client.name}: 1 client, {ended} live sessions."], as_json=as_json)


@click.command("rotate-client-secret")
@click.argument("client_id")
@click.option(
    "--overlap",
    type=click.IntRange(0, _LONGEST_OVERLAP),
    default=24,
    show_default=True,
    help="Hours for which the present secret works beside the new one; 0 if it has leaked.",
)
@YES
@AS_JSON
def rotate_client_secret(client_id: str, *, overlap: int, yes: bool, as_json: bool) -> None:  # noqa: ARG001
    """Give the client CLIENT_ID a new secret; the present one works on for a while."""
    with services_here() as services:
        client, secret = services.administer.rotate_client_secret(client_id, timedelta(hours=overlap))
    facts = {"client_id": client_id, "client_secret": secret, "name": client.name, "overlap_hours": overlap}
    works = f"for {overlap} more hours" if overlap else "no more"
    lines = [f"client_id:     {client_id}", *_secret_lines(secret), f"The secret before it works {works}."]
    say(facts, lines, as_json=as_json)


COMMANDS: Sequence[click.Command] = (create_client, list_clients, delete_client, rotate_client_secret)


def _metadata(told: Mapping[str, Any]) -> dict[str, Any]:
    metadata = dict(said for switch, said in _SWITCHES.items() if told[switch])
    if told["jwks"] is not None:
        metadata |= {"token_endpoint_auth_method": "private_key_jwt", "jwks": told["jwks"]}
    if told["post_logout_redirect_uris"]:
        metadata["post_logout_redirect_uris"] = list(told["post_logout_redirect_uris"])
    if told["backchannel_logout_uri"] is not None:
        metadata["backchannel_logout_uri"] = told["backchannel_logout_uri"]
    if told["scopes"]:
        metadata["scope"] = " ".join(told["scopes"])
    if told["public"] and told["jwks"] is not None:
        raise click.UsageError("--public and --jwks exclude one another.", click.get_current_context())
    return metadata


def _ourselves(settings: Settings, client_id: str, url: str) -> dict[str, str]:
    issuer = settings.site.issuer
    logout = f"{issuer}/oauth2/logout?client_id={client_id}&post_logout_redirect_uri={quote(url, safe='')}%2F"
    return {
        "issuer": issuer,
        "host": urlsplit(issuer).netloc,
        "title": settings.site.app_title,
        "logout": quote(logout, safe=""),
    }


def _secret_lines(secret: str | None) -> list[str]:
    return [f"client_secret: {secret}", _SHOWN_ONCE] if secret else ["It has no secret."]

"""
/oauth2/register: applications register themselves, and look after their registration.

Nobody comes as far as a view, or to where a body is read, without the token that it wants.
Law: RFC 7591 §3, RFC 7592 §2, OpenID Connect Dynamic Client Registration 1.0 §3 and §4.
"""

from http import HTTPStatus
from typing import Annotated, Any

from flask import Blueprint, Response, g, request
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from identity_service.foundation import errors
from identity_service.web.context import bearer, services, visitor
from identity_service.web.contract import EXAMPLE_CLIENT_ID, Answer, Operation, door, reply

registration = Blueprint("registration", __name__)

PATH = "/oauth2/register"
_SWITCHED = "With `DYNAMIC_REGISTRATION=true`; otherwise this door is not there."
_UNUSED = "One that has not asked for its first token within 90 days is removed some time after."
_INITIAL = ({"initialAccessToken": list[str]()},)
_TOKENS = (errors.SignInRequired, errors.InvalidToken)
_OWN = ({"registrationAccessToken": list[str]()},)
_ASKED = {
    "client_name": "The wiki",
    "redirect_uris": ["https://wiki.example.org/callback"],
    "post_logout_redirect_uris": ["https://wiki.example.org/"],
    "grant_types": ["authorization_code", "refresh_token"],
    "token_endpoint_auth_method": "client_secret_basic",
    "scope": "openid profile email",
}
_REGISTERED = {
    "client_id": EXAMPLE_CLIENT_ID,
    "client_id_issued_at": 1795429800,
    "registration_access_token": "6f1Yc0WmB3nqk2sVb5Hj8xT4eR7uLz9aDpQfGiXoNwE",
    "registration_client_uri": f"https://id.example.org{PATH}/{EXAMPLE_CLIENT_ID}",
    **_ASKED,
    "response_types": ["code"],
    "application_type": "web",
    "subject_type": "public",
    "id_token_signed_response_alg": "RS256",
}
_SECRET = {"client_secret": "Zk8Jr1yWcP5vXq0TgB2sNd7eLh4uMf9aRiOoKjEwVxY", "client_secret_expires_at": 0}


def _told(kind: str, **more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": [kind, "null"], **more})


_TEXT = _told("string", maxLength=2000)
_TEXTS = _told("array", maxItems=50, items={"type": "string"})
_SWITCH = _told("boolean")


def _one_of(*allowed: str) -> WithJsonSchema:
    return WithJsonSchema({"enum": [*allowed, None]})


class Metadata(BaseModel):
    """
    Client metadata of RFC 7591 §2; other members are ignored.

    Whether a value can be is not decided here, so that every mistake is answered with the error that the RFC wants.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    client_name: Annotated[Any, _told("string", maxLength=80)] = None
    redirect_uris: Annotated[Any, _TEXTS] = None
    post_logout_redirect_uris: Annotated[Any, _TEXTS] = None
    response_types: Annotated[Any, _told("array", items={"const": "code"})] = None
    grant_types: Annotated[Any, _TEXTS] = None
    application_type: Annotated[Any, _one_of("web", "native")] = None
    token_endpoint_auth_method: Annotated[
        Any, _one_of("client_secret_basic", "client_secret_post", "private_key_jwt", "none")
    ] = None
    token_endpoint_auth_signing_alg: Annotated[Any, _one_of("RS256", "PS256", "ES256", "EdDSA")] = None
    jwks: Annotated[Any, _told("object", description="Public keys; `jwks_uri` is refused.")] = None
    scope: Annotated[Any, _TEXT] = None
    subject_type: Annotated[Any, _one_of("public")] = None
    id_token_signed_response_alg: Annotated[Any, _one_of("RS256", "ES256")] = None
    userinfo_signed_response_alg: Annotated[Any, _one_of("RS256", "ES256")] = None
    backchannel_logout_uri: Annotated[Any, _TEXT] = None
    backchannel_logout_session_required: Annotated[Any, _SWITCH] = None
    default_max_age: Annotated[Any, _told("integer", minimum=0, maximum=2**31 - 1)] = None
    require_auth_time: Annotated[Any, _SWITCH] = None
    client_uri: Annotated[Any, _TEXT] = None
    logo_uri: Annotated[Any, _TEXT] = None
    tos_uri: Annotated[Any, _TEXT] = None
    policy_uri: Annotated[Any, _TEXT] = None
    contacts: Annotated[Any, _TEXTS] = None


class Replacement(Metadata):
    """Metadata that take the place of others; who and by which secret the client is does not change (RFC 7592 §2.2)."""

    model_config = ConfigDict(json_schema_extra={"required": ["client_id"]})

    client_id: Annotated[Any, WithJsonSchema({"type": "string", "examples": [EXAMPLE_CLIENT_ID]})] = ""
    client_secret: Annotated[Any, _told("string", description="As it was given; better left out.")] = None


class Registered(BaseModel):
    """A client as it is registered, with the metadata that counts; secrets are shown once (RFC 7591 §3.2.1)."""

    model_config = ConfigDict(extra="allow", frozen=True)

    client_id: str
    client_id_issued_at: int
    client_secret: str | None = Field(default=None, description="Only when it is new.")
    client_secret_expires_at: int | None = Field(default=None, description="0: never.")
    registration_access_token: str
    registration_client_uri: str
    client_name: str
    redirect_uris: list[str]
    grant_types: list[str]
    response_types: list[str]
    token_endpoint_auth_method: str
    scope: str


@registration.before_request
def admit() -> None:
    """Let nobody in without the operator's token, or the one that came with the registration."""
    flow = services().provider.register_client
    g.token = bearer(request.headers.get("Authorization", "")) or ""
    client_id = (request.view_args or {}).get("client_id")
    if client_id is None:
        flow.admit(g.token)
    else:
        g.client = flow.of(client_id.replace("\0", ""), g.token)


@door(
    registration,
    "POST",
    PATH,
    Operation(
        "Register an application",
        "applications",
        {201: Answer(f"The application is registered. {_UNUSED} {_SWITCHED}", Registered, {**_REGISTERED, **_SECRET})},
        (errors.InvalidRedirectURI, errors.InvalidClientMetadata, *_TOKENS, errors.NotFound),
        body=Metadata,
        body_example=_ASKED,
        security=_INITIAL,
    ),
)
def register_client(body: Metadata) -> Response:
    """Register a client."""
    told = services().provider.register_client.new(g.token, body.model_dump(exclude_unset=True), visitor())
    return reply(told, HTTPStatus.CREATED)


@door(
    registration,
    "GET",
    f"{PATH}/<client_id>",
    Operation(
        "What is registered of an application",
        "applications",
        {200: Answer(f"Its metadata, without the secret. {_SWITCHED}", Registered, _REGISTERED)},
        (*_TOKENS, errors.NotFound),
        security=_OWN,
    ),
)
def show_registration(client_id: str) -> Response:  # noqa: ARG001 - whose it is was settled when it was let in
    """Show a client to itself."""
    return reply(services().provider.register_client.shown(g.client, g.token))


@door(
    registration,
    "PUT",
    f"{PATH}/<client_id>",
    Operation(
        "Replace what is registered of an application",
        "applications",
        {
            200: Answer(
                f"Its metadata from now on; a secret only if it came to need one. {_SWITCHED}", Registered, _REGISTERED
            )
        },
        (errors.InvalidRedirectURI, errors.InvalidClientMetadata, *_TOKENS, errors.NotFound),
        body=Replacement,
        body_example={"client_id": EXAMPLE_CLIENT_ID, **_ASKED},
        security=_OWN,
    ),
)
def replace_registration(body: Replacement, client_id: str) -> Response:  # noqa: ARG001 - as above
    """Replace the metadata of a client; what is left out goes back to its default."""
    metadata = body.model_dump(exclude_unset=True)
    return reply(services().provider.register_client.replaced(g.client, g.token, metadata, visitor()))


@door(
    registration,
    "DELETE",
    f"{PATH}/<client_id>",
    Operation(
        "Remove an application",
        "applications",
        {204: Answer(f"It is gone, and its sessions have ended. {_SWITCHED}")},
        (*_TOKENS, errors.NotFound),
        security=_OWN,
    ),
)
def remove_registration(client_id: str) -> Response:  # noqa: ARG001 - as above
    """Remove a client and end its sessions."""
    services().provider.register_client.withdrawn(g.client, visitor())
    return Response(status=HTTPStatus.NO_CONTENT)

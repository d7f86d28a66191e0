"""
Who is asking: what a page says of the application that sent somebody here.
"""

from urllib.parse import urlsplit

from identity_service.flows.outcomes import Asking
from identity_service.oidc import redirects
from identity_service.oidc.clients import DYNAMIC, Client
from identity_service.oidc.requests import AuthorizationRequest
from identity_service.oidc.scopes import OFFLINE_ACCESS, SCOPES


def landing_places(uri: str) -> tuple[str, ...]:
    """
    Return the schemes, each with its colon, at which a way through *uri* may end.

    Not its origin: an application sends people on from there to wherever it lives, and a browser that holds redirects
    against form-action follows that to the end.
    """
    return tuple(dict.fromkeys((f"{urlsplit(uri).scheme.lower()}:", "https:"))) if uri else ()


def can_be_remembered(client: Client, request: AuthorizationRequest) -> bool:
    """
    Say whether what a person has allowed *client* before counts for *request*.

    It does not where the client proves itself neither by a key or secret nor by its address: any other program on the
    person's device could ask in its name, and would be answered without a word.

    Law: RFC 6749 §10.2, RFC 8252 §8.6.
    """
    return client.is_confidential or not redirects.is_on_the_device(request.redirect_uri)


def asking(client: Client, request: AuthorizationRequest) -> Asking:
    """Return what people are told of *client* and its *request*."""
    details = client.details
    return Asking(
        client_id=client.client_id,
        name=client.name,
        targets=landing_places(request.redirect_uri),
        host=urlsplit(request.redirect_uri).netloc or redirects.origin(request.redirect_uri),
        scopes=tuple(SCOPES[scope] for scope in request.asks_for if scope in SCOPES),
        is_self_registered=client.origin == DYNAMIC,
        policy_uri=details.policy_uri,
        tos_uri=details.tos_uri,
        stays=OFFLINE_ACCESS in request.asks_for,
        asks_each_time=not can_be_remembered(client, request),
    )

"""
/oauth2/authorize: where an application sends people, and where they always come back to.

Law: OpenID Connect Core 1.0 §3.1.2.1 (GET and POST), RFC 9207.
"""

from flask import Blueprint, Response, request

from identity_service.web import cookies
from identity_service.web.context import services, visitor
from identity_service.web.contract import EXAMPLE_CLIENT_ID, HTML, Answer, Operation, door
from identity_service.web.oidc.decisions import AUTHORIZE, carry_out, come_back
from identity_service.web.pages.page_faults import NOT_NOW, explain_to_people

authorize = Blueprint("authorize", __name__)
explain_to_people(authorize)

_REQUEST = {
    "response_type": "`code`.",
    "client_id": "Who asks.",
    "redirect_uri": "Where the answer goes: exactly as registered.",
    "scope": "What is asked for; with `openid` there will be an ID token.",
    "state": "Comes back unchanged.",
    "nonce": "Stands in the ID token.",
    "code_challenge": "The SHA-256 of the code verifier, base64url (RFC 7636).",
    "code_challenge_method": "`S256`.",
    "response_mode": "`query` or `form_post`.",
    "prompt": "`none`, or any of `login`, `consent`, `select_account`.",
    "max_age": "How many seconds ago the person may have signed in.",
    "id_token_hint": "An ID token of the person who is expected.",
    "login_hint": "The address that will stand in the form.",
    "acr_values": "Wishes for how the person signs in.",
    "ui_locales": "Wishes for the language.",
    "claims": "Single claims (OpenID Connect Core 1.0 §5.5).",
}
_EXAMPLE = {
    "response_type": "code",
    "client_id": EXAMPLE_CLIENT_ID,
    "redirect_uri": "https://app.example.org/callback",
    "scope": "openid profile email",
    "state": "af0ifjsldkj",
    "nonce": "n-0S6_WzA2Mj",
    "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    "code_challenge_method": "S256",
}
_NEEDED = ("response_type", "client_id", "redirect_uri", "scope")
_SECURITY = ({"browserCookie": list[str]()}, dict[str, list[str]]())
_ANSWERS = {
    200: Answer(
        "With `response_mode=form_post`: a form that the browser sends to the application.",
        kind=HTML,
        example="<!doctype html><title>Back to the application</title>",
    ),
    303: Answer(
        "On to a page of ours, or back to the application with `code` or `error`, `state` and `iss`.",
        headers={"Location": "Where the browser goes."},
    ),
    400: Answer(
        "A page. `untrusted_request`: nobody knows which application asks, or where its answer may go;"
        " `authorization_expired`: the person took too long.",
        kind=HTML,
        example="<!doctype html><title>Error: This did not work</title>",
    ),
    403: Answer(
        "A page. `banned`: the address is, and nobody at home there is signed in.",
        kind=HTML,
        example="<!doctype html><title>Error: This did not work</title>",
    ),
    503: NOT_NOW,
}


@door(
    authorize,
    "GET",
    AUTHORIZE,
    Operation(
        "Ask a person to sign in",
        "applications",
        _ANSWERS,
        query=_REQUEST,
        query_example=_EXAMPLE,
        needed=_NEEDED,
        security=_SECURITY,
    ),
)
def ask() -> Response:
    """Decide a new request, or one whose person has taken a step."""
    parameters = tuple(request.args.items(multi=True))
    browser = cookies.browser_session()
    services().moderation.gate.admit_at_a_glance(visitor(), browser.person.id if browser else "")
    sealed = request.args.get("continue")
    if sealed is not None and "client_id" not in request.args:
        return carry_out(services().provider.authorize.go_on(sealed, browser))
    return carry_out(services().provider.authorize.decide(parameters, browser))


@door(
    authorize,
    "POST",
    AUTHORIZE,
    Operation(
        "The same, as a form",
        "applications",
        {
            303: Answer("The browser comes again with GET.", headers={"Location": "Where the browser goes."}),
            400: _ANSWERS[400],
            503: NOT_NOW,
        },
        form=_REQUEST,
        body_example=_EXAMPLE,
        needed=_NEEDED,
    ),
)
def ask_by_post() -> Response:
    """Let the browser come again by GET: with a form from elsewhere it does not send our cookie."""
    return come_back(services().provider.authorize.begin(tuple(request.form.items(multi=True))))

"""The authorization endpoint, decided: what the person is asked, and what goes back (OpenID Connect Core 3.1.2)."""

from datetime import timedelta

import pytest

from identity_service.flows.outcomes import Asking, Reply, ShowConsent, ShowSignIn
from identity_service.foundation.errors import AuthorizationExpired, UntrustedRequest
from identity_service.oidc.clients import DYNAMIC
from identity_service.oidc.codes import IssuedCode
from identity_service.oidc.details import Details
from identity_service.oidc.id_tokens import IDTokenSubject
from tests.fakes.clock import START
from tests.fakes.people import VISITOR
from tests.flows.oidc.visiting import CALLBACK, CHALLENGE, Visit


@pytest.fixture
def visit(services, client):
    return Visit(services, client)


@pytest.fixture
def here(visit, ada):
    """Ada, signed in."""
    return visit.signed_in(ada)


@pytest.fixture
def known(visit, here):
    """Ada, signed in, who has allowed the client what it usually asks for."""
    visit.remember(here, "openid", "email")
    return here


@pytest.fixture
def hint(services, client):
    """Make an ID token that was given to the client, about somebody."""

    def given(whose):
        subject = IDTokenSubject(whose.id, client.client_id, "66f1c0ffee0ddba11ad00002", START, "pwd", "a token")
        return services.capabilities.id_tokens.issue(subject)

    return given


@pytest.fixture
def issuer(services):
    return services.settings.site.issuer


def errors_of(reply):
    """Return the error of an answer, which goes where every answer goes and says by whom it is."""
    assert isinstance(reply, Reply)
    assert (reply.redirect_uri, reply.parameters["state"]) == (CALLBACK, "af0ifjsldkj")
    assert reply.parameters["iss"]
    assert "code" not in reply.parameters
    return reply.parameters["error"]


def test_who_is_signed_in_and_has_allowed_it_goes_back_with_a_code(visit, known, clock, issuer):
    clock.advance(timedelta(minutes=3))
    reply = visit.ask(known)
    code = reply.parameters["code"]
    assert reply == Reply(CALLBACK, "query", {"code": code, "state": "af0ifjsldkj", "iss": issuer}, "App", ("https:",))
    assert visit.redeem(code) == IssuedCode(
        client_id=visit.client.client_id,
        user_id=known.person.id,
        parent_id=known.session_id,
        redirect_uri=CALLBACK,
        scope="openid email",
        auth_time=START,
        amr="pwd",
        code_challenge=CHALLENGE,
        nonce="n-0S6_WzA2Mj",
        claims={},
    )


def test_what_was_not_sent_is_neither_echoed_nor_remembered(visit, known, issuer):
    reply = visit.ask(known, state=None, nonce=None)

    assert reply.parameters.keys() == {"code", "iss"}
    assert visit.redeem(reply.parameters["code"]).nonce is None


def test_claims_that_were_asked_for_by_name_stand_behind_the_code(visit, known):
    """And what lies behind a scope that was not asked for, the person is asked about."""
    reply = visit.ask(known, claims='{"id_token": {"email": {"essential": true}}}')

    assert visit.redeem(reply.parameters["code"]).claims == {"id_token": {"email": {"essential": True}}}
    assert isinstance(visit.ask(known, claims='{"id_token": {"name": null}}'), ShowConsent)


def test_who_is_not_signed_in_signs_in_allows_and_goes_back(visit, ada, told):
    page = visit.ask(None, login_hint="ada@example.org")
    assert (type(page), page.login_hint, page.is_again) == (ShowSignIn, "ada@example.org", False)

    here = visit.signed_in(ada)
    shown = visit.go_on(page, here)
    assert isinstance(shown, ShowConsent)
    assert "code" in visit.go_on(visit.allow(shown, here), here).parameters
    assert told(ada.id) == ["consent.given done"]


def test_the_pages_say_who_asks_for_what_and_where_it_leads(services, ada):
    details = Details(policy_uri="https://app.example.org/privacy", tos_uri="https://app.example.org/terms")
    clients = services.capabilities.clients
    with services.database.transaction():
        known = clients.register("App", (CALLBACK,), details).client
        stranger = clients.register("New", ("http://localhost:8080/cb",), origin=DYNAMIC).client
    ours, theirs = Visit(services, known), Visit(services, stranger)
    asking = ours.ask(ours.signed_in(ada), scope="openid email unheard_of").asking

    assert asking == Asking(
        client_id=known.client_id,
        name="App",
        targets=("https:",),
        host="app.example.org",
        scopes=asking.scopes,
        is_self_registered=False,
        policy_uri="https://app.example.org/privacy",
        tos_uri="https://app.example.org/terms",
    )
    assert len(asking.scopes) == 2
    new = theirs.ask(None, redirect_uri="http://localhost:8080/cb").asking
    assert (new.is_self_registered, new.host, new.targets) == (True, "localhost:8080", ("http:", "https:"))


def test_an_application_with_a_scheme_of_its_own_is_told_by_it(services):
    uri = "com.example.app:/callback"
    with services.database.transaction():
        native = services.capabilities.clients.register("App", (uri,), Details(application_type="native")).client
    asking = Visit(services, native).ask(None, redirect_uri=uri).asking

    assert (asking.host, asking.targets) == ("com.example.app:", ("com.example.app:", "https:"))


def test_a_trusted_client_is_not_asked_about_unless_it_wants_that(services, provider, ada):
    visit = Visit(services, provider.register(is_trusted=True))
    here = visit.signed_in(ada)

    assert "code" in visit.ask(here).parameters
    assert isinstance(visit.ask(here, prompt="consent"), ShowConsent)
    assert errors_of(visit.ask(None, prompt="none")) == "login_required"


@pytest.mark.parametrize(
    ("asked", "is_allowed"), [("openid email", True), ("openid", True), ("openid email profile", False)]
)
def test_what_was_allowed_before_is_not_asked_about_again(visit, known, asked, is_allowed):
    assert isinstance(visit.ask(known, scope=asked), Reply) == is_allowed
    assert isinstance(visit.ask(known, scope=asked, prompt="consent"), ShowConsent)


def test_what_one_person_has_allowed_another_has_not(visit, known, grace):
    assert isinstance(visit.ask(visit.signed_in(grace)), ShowConsent)
    assert isinstance(visit.ask(known), Reply)


def test_where_no_page_may_be_shown_the_client_is_told_why_it_would_have_to_be(visit, here, grace, hint):
    """OpenID Connect Core 1.0 §3.1.2.6."""
    assert errors_of(visit.ask(None, prompt="none")) == "login_required"
    assert errors_of(visit.ask(here, prompt="none")) == "consent_required"
    visit.remember(here, "openid", "email")
    assert errors_of(visit.ask(here, prompt="none", max_age="0")) == "login_required"
    assert errors_of(visit.ask(here, prompt="none", id_token_hint=hint(grace))) == "login_required"
    assert "code" in visit.ask(here, prompt="none", id_token_hint=hint(here.person)).parameters


def test_what_no_sign_in_could_bring_is_refused_at_once(visit, known):
    claims = '{{"id_token": {{"acr": {{"essential": true, "values": ["{}"]}}}}}}'

    assert errors_of(visit.ask(known, claims=claims.format("2"))) == "unmet_authentication_requirements"
    assert errors_of(visit.ask(None, claims=claims.format("2"))) == "unmet_authentication_requirements"
    assert "code" in visit.ask(known, claims=claims.format("1")).parameters


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"request": "a.b.c"}, "request_not_supported"),
        ({"prompt": "none login"}, "invalid_request"),
    ],
)
def test_a_faulty_request_is_told_to_the_client_whoever_is_there(visit, known, changed, error, issuer):
    """RFC 6749 §4.1.2.1, RFC 9207 §2."""
    for browser in (None, known):
        reply = visit.ask(browser, **changed)
        assert errors_of(reply) == error
        assert reply.parameters["iss"] == issuer
        assert reply.parameters["error_description"]
    assert "state" not in visit.ask(known, **changed, state=None).parameters


def test_every_answer_goes_the_way_that_was_asked_for(visit, known):
    """OAuth 2.0 Form Post Response Mode §2."""
    form = {"response_mode": "form_post"}
    shown = visit.ask(known, **form, prompt="consent")
    replies = [
        visit.ask(known, **form),
        visit.ask(None, **form, prompt="none"),
        visit.ask(known, **form, scope="unheard_of"),
        visit.services.provider.authorize.deny(shown.continuation, known, VISITOR),
    ]

    assert {reply.response_mode for reply in replies} == {"form_post"}
    assert visit.ask(known).response_mode == "query"


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "unheard-of"},
        {"client_id": None},
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": None},
    ],
    ids=str,
)
def test_who_cannot_be_trusted_with_an_answer_gets_none(visit, known, changed):
    """RFC 6749 §4.1.2.1: no redirect, whatever else is wrong."""
    sealed = visit.services.provider.authorize.begin(visit.parameters(**changed))
    for browser in (None, known):
        for attempt in (
            lambda browser=browser: visit.ask(browser, **changed, response_type="token"),
            lambda browser=browser: visit.go_on(sealed, browser),
            lambda browser=browser: visit.page(sealed, browser),
            lambda browser=browser: visit.services.provider.authorize.deny(sealed, browser, VISITOR),
        ):
            with pytest.raises(UntrustedRequest):
                attempt()


@pytest.mark.parametrize("wrong", ["garbage", "a.b.c", "of another"])
def test_a_hint_that_is_not_ours_is_an_error_of_the_client(visit, known, wrong, begun):
    token = begun.access_token if wrong == "of another" else wrong

    assert errors_of(visit.ask(known, id_token_hint=token)) == "invalid_request"
    assert errors_of(visit.ask(None, id_token_hint=token)) == "invalid_request"


def test_a_hint_names_the_person_who_is_expected_even_when_it_has_expired(visit, known, grace, hint, clock):
    """OpenID Connect Core 1.0 §3.1.2.1."""
    hers, another = hint(known.person), hint(grace)
    clock.advance(timedelta(days=1))
    assert "code" in visit.ask(known, id_token_hint=hers).parameters
    page = visit.ask(known, id_token_hint=another)
    assert (type(page), page.is_again) == (ShowSignIn, True)

    theirs = visit.signed_in(grace)
    assert isinstance(visit.go_on(page, theirs), ShowConsent)
    assert isinstance(visit.go_on(page, known), ShowSignIn)


def test_a_request_is_waited_for_an_hour(visit, here, clock):
    authorize = visit.services.provider.authorize
    sealed = visit.ask(None).continuation
    clock.advance(timedelta(hours=1))
    assert isinstance(visit.go_on(sealed, here), ShowConsent)

    clock.advance(timedelta(seconds=1))
    for taken in (
        lambda: visit.go_on(sealed, here),
        lambda: visit.page(sealed, here),
        lambda: authorize.choose(sealed, here),
        lambda: authorize.allow(sealed, here, VISITOR, remember=True),
        lambda: authorize.deny(sealed, here, VISITOR),
    ):
        with pytest.raises(AuthorizationExpired):
            taken()


def test_a_request_to_sign_out_is_none_to_sign_in(visit, here):
    parameters = visit.parameters()
    with pytest.raises(AuthorizationExpired):
        visit.go_on(visit.services.provider.end_session.begin(parameters), here)
    assert visit.go_on(visit.services.provider.authorize.begin(parameters), here)


def test_a_request_that_no_address_could_hold_is_refused_before_anybody_signs_in(visit, known):
    """Whoever is through at once need not carry it."""
    long = "x" * 5000
    with pytest.raises(UntrustedRequest):
        visit.ask(None, unheard_of=long)
    with pytest.raises(UntrustedRequest):
        visit.services.provider.authorize.begin(visit.parameters(unheard_of=long))
    assert "code" in visit.ask(known, unheard_of=long).parameters

"""Somebody who is signed in, the client that asks about them, and two ways to ask: the express doors and the views."""

from base64 import b64encode

import pytest
from werkzeug.test import Client

from identity_service.web.entrance import Entrance
from identity_service.web.express import Express
from identity_service.web.limits import tries_of
from tests.fakes import people
from tests.fakes.chance import SeededChance

HERE = {"Sec-Fetch-Site": "same-origin"}
"""What a browser says of a form that was sent from our own page."""


@pytest.fixture
def ada(services):
    """Ada, whose password is known, and who is the administrator."""
    return people.person(services)


@pytest.fixture
def begun(services, ada):
    """A session of Ada's that has just begun."""
    return people.session(services, ada)


@pytest.fixture
def here(browser, begun):
    """Ada, signed in in this browser."""
    browser.set_cookie("refreshToken", begun.refresh_token)
    return begun


@pytest.fixture
def send(browser):
    """Send a form from our own page."""

    def to(path, headers=HERE, **fields):
        return browser.post(path, data=fields, headers=headers)

    return to


@pytest.fixture
def bearer():
    """The header that shows an access token."""
    return lambda signed_in: {"Authorization": f"Bearer {signed_in.access_token}"}


@pytest.fixture
def back_end(services):
    """The credentials of a registered client, for HTTP Basic."""
    client, secret = services.administer.create_client("the chat back end")
    return client.client_id, secret


class Behind:
    """What stands behind the express doors; counts what came through."""

    def __init__(self, application):
        self._application, self.asked = application, 0

    def __call__(self, environ, start_response):
        self.asked += 1
        return self._application(environ, start_response)


@pytest.fixture
def behind(app):
    """The application itself, behind the express doors."""
    return Behind(app.wsgi_app)


@pytest.fixture
def both(app, services, behind):
    """Ask both ways and return the answers, as status, headers and body; request ids are made alike."""

    def entered(application):
        return Client(Entrance(application, SeededChance("ids"), hops=0, is_https=False), use_cookies=False)

    ways = entered(Express(behind, tries_of(app))), entered(app.wsgi_app)

    def ask(path, **request):
        answers = [way.open(path, **request) for way in ways]
        return [(answer.status_code, sorted(answer.headers), answer.data) for answer in answers]

    return ask


@pytest.fixture
def good(begun, back_end):
    """What a good request of each door looks like."""
    token = begun.access_token
    basic = {"Authorization": "Basic " + b64encode(":".join(back_end).encode()).decode()}
    return {
        "/v1/verify": {"method": "POST", "json": {"token": token}, "headers": basic},
        "/oauth2/introspect": {"method": "POST", "data": {"token": token}, "headers": basic},
        "/v1/forward-auth": {"method": "GET", "headers": {"Authorization": f"Bearer {token}"}},
    }

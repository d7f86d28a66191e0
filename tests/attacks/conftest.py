"""What an attacker starts from: somebody's session, a back end's questions, and our own keys to forge with."""

from collections.abc import Callable

import pytest
from werkzeug.test import Client

from identity_service.accounts.users import NewPerson
from identity_service.app import with_entrance
from identity_service.flows.outcomes import SignedIn
from identity_service.sessions.refresh import Opening
from identity_service.sessions.registry import FIRST_PARTY
from tests.attacks import forge
from tests.attacks.doors import Doors


@pytest.fixture
def sign_in(services) -> Callable[..., SignedIn]:
    """A maker of sessions, without the time that a password takes; whoever is not known yet gets an account first."""
    able, lifetime = services.capabilities, services.settings.lifetimes.refresh

    def open_session(email: str = "ada@example.org") -> SignedIn:
        name = email.partition("@")[0]
        with services.database.transaction():
            person = able.users.by_email(email) or able.users.add(NewPerson(email, name, name, None))
            opening = Opening(person.id, FIRST_PARTY, "openid", "pwd", "a test", "192.0.2.7", lifetime)
            session = able.refresh_tokens.begin(opening)
        return services.begin_session.issue.first_party(session, person)

    return open_session


@pytest.fixture
def ada(sign_in) -> SignedIn:
    """Somebody who is signed in."""
    return sign_in()


@pytest.fixture
def back_end(services) -> tuple[str, str]:
    """The id and the secret of a registered OAuth client."""
    registered = services.administer.create_client("the chat back end")
    return registered.client.client_id, registered.client_secret


@pytest.fixture
def bare(app) -> Client:
    """A client that keeps no cookies."""
    return Client(with_entrance(app), use_cookies=False)


@pytest.fixture
def doors(bare, back_end) -> Doors:
    """Every door that takes an access token."""
    return Doors(bare, back_end)


@pytest.fixture
def our_key(services):
    """The private key that signs access tokens now."""
    return services.capabilities.keys.signing("ES256")


@pytest.fixture
def press(ada, our_key) -> forge.Press:
    """Prints tokens like Ada's, under our own signature: what is refused is refused for its content."""
    return forge.Press(ada.access_token, forge.es256(our_key.private_key))

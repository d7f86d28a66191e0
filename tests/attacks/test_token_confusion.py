"""
Whatever we hand out, shown at every door: it opens the doors that it is for, and no other.

All that can be is signed with the same key, so what keeps them apart is type and audience, not luck.
Law: RFC 8725 §3.11 and §3.12, RFC 9068 §5, OWASP ASVS 5.0 9.2.2 and 9.2.3.
"""

import pytest

from tests.attacks import forge
from tests.attacks.consumers import Consumers
from tests.attacks.specimens import Specimens
from tests.fakes import people
from tests.fakes.applications import CALLBACK

INITIAL = "4f0e9d8c7b6a59483726150f4e3d2c1b0a998877665544332211ffeeddccbbaa"
pytestmark = pytest.mark.environ(DYNAMIC_REGISTRATION="true", DYNAMIC_REGISTRATION_TOKEN=INITIAL)
librechat = pytest.mark.environ(
    DYNAMIC_REGISTRATION="true", DYNAMIC_REGISTRATION_TOKEN=INITIAL, ACCESS_TOKEN_DIALECT="librechat"
)

OPENS = {
    "access token of our own pages": {
        *("whoami", "verify", "introspect", "forward-auth", "userinfo", "userinfo by form"),
    },
    "access token of a client": {"verify", "introspect", "userinfo", "userinfo by form", "revoke"},
    "access token without a person": {"verify", "introspect", "verify as caller", "introspect as caller", "revoke"},
    "ID token": {"logout hint"},
    "refresh token of our own pages": {"forward-auth by refresh cookie", "refresh of our own pages"},
    "refresh token of a client": {"refresh token", "revoke"},
    "authorization code": {"code"},
    "logout token": set(),
    "signed answer of userinfo": set(),
    "browser cookie": {"forward-auth by browser cookie"},
    "client assertion": {"client assertion"},
    "initial access token": {"register"},
    "registration access token": {"registration"},
    "client secret": set(),
}
JWTS = ("access token of a client", "ID token", "logout token", "signed answer of userinfo", "client assertion")


@pytest.fixture
def registered(bare):
    """A client that has registered itself."""
    asked = {"redirect_uris": [CALLBACK], "client_name": "App"}
    return bare.post("/oauth2/register", json=asked, headers={"Authorization": f"Bearer {INITIAL}"}).json


@pytest.fixture
def specimens(services, registered):
    return Specimens(services, people.person(services), INITIAL, registered["registration_access_token"])


@pytest.fixture
def make(specimens):
    """A maker of each kind."""
    return specimens.kinds


@pytest.fixture
def consumers(bare, specimens, registered):
    return Consumers(bare, specimens, registered["client_id"]).all


@pytest.mark.parametrize("kind", OPENS)
def test_each_kind_opens_its_own_doors_and_no_other(make, consumers, kind):
    assert {name for name, lets_in in consumers.items() if lets_in(make[kind]())} == OPENS[kind]


@librechat
@pytest.mark.parametrize("kind", OPENS)
def test_the_same_is_true_where_the_other_dialect_is_spoken(make, consumers, kind):
    assert {name for name, lets_in in consumers.items() if lets_in(make[kind]())} == OPENS[kind]


def test_every_kind_is_made_and_every_door_is_opened_by_something(make, consumers):
    assert set(make) == set(OPENS)
    assert set.union(*OPENS.values()) | {"token as caller"} == set(consumers)


@pytest.mark.parametrize("kind", JWTS)
@pytest.mark.parametrize("typ", ["at+jwt", "JWT", "logout+jwt"])
def test_under_another_label_a_token_is_still_not_something_else(make, consumers, our_key, kind, typ):
    """The key is ours, so here only the claims tell them apart."""
    signer = forge.es256(our_key.private_key)
    opened = set()
    for name, lets_in in consumers.items():
        header, claims = forge.opened(make[kind]())
        if name not in OPENS[kind] and lets_in(
            forge.compact({**header, "typ": typ, "kid": our_key.kid}, claims, signer)
        ):
            opened.add(name)

    assert opened == set()

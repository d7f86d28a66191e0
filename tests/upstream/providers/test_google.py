"""Google: an ID token says everything, and whether the address is verified."""

import pytest

from tests.servers.social import Account
from tests.upstream.providers.suite import ADDRESS, Sample, Suite

PICTURE = "https://lh3.googleusercontent.com/a-/AOh14Gg=s96-c"
JANE = {
    "sub": "110169484474386276334",
    "email": "jsmith@example.com",
    "email_verified": True,
    "name": "Jane Smith",
    "given_name": "Jane",
    "family_name": "Smith",
    "picture": PICTURE,
    "locale": "en",
}
OF_A_COMPANY = {
    "sub": "104711248235711317192",
    "email": "Cher@Example.com",
    "email_verified": False,
    "hd": "example.com",
    "name": "Cher",
    "given_name": "Cher",
}


class TestGoogle(Suite):
    name = "google"
    doors = ("token", "keys")
    samples = (
        Sample(
            Account(JANE),
            {
                "email": "jsmith@example.com",
                "email_verified": True,
                "username": "jane",
                "name": "Jane Smith",
                "avatar": PICTURE,
            },
        ),
        Sample(
            Account(OF_A_COMPANY),
            {
                "email": "Cher@Example.com",
                "email_verified": False,
                "username": "cher",
                "name": "Cher",
                "avatar": None,
            },
        ),
    )

    def account(self, subject="4711", email=ADDRESS, *, verified=True):
        return Account({**JANE, "sub": subject, "email": email, "email_verified": verified})

    @pytest.mark.parametrize("flag", ["true", 1, "yes", None, [True]], ids=repr)
    def test_a_flag_that_is_not_true_is_no_flag(self, voyage, flag):
        voyage.social.account = self.account(verified=flag)
        voyage.go()

        assert not voyage.person(ADDRESS).email_verified

    @pytest.mark.parametrize(
        "claims",
        [
            {"iss": "https://evil.example"},
            {"iss": None},
            {"aud": "another client"},
            {"aud": ["the-chat", "another client"], "azp": "another client"},
            {"aud": None},
            {"azp": "another client"},
            {"nonce": "another"},
            {"nonce": None},
            {"exp": 1},
            {"exp": None},
            {"exp": "tomorrow"},
            {"iat": 32503680000},
            {"iat": None},
        ],
        ids=str,
    )
    def test_a_token_that_is_not_for_us_now_proves_nothing(self, voyage, claims):
        voyage.social.account, voyage.social.claims = self.account(), claims

        assert voyage.is_refused(voyage.go())
        assert voyage.people() == 0

    def test_the_second_sign_in_is_checked_like_the_first(self, voyage):
        voyage.social.account = self.account()
        assert voyage.is_in(voyage.go())
        voyage.social.claims = {"iss": "https://evil.example"}

        assert voyage.is_refused(voyage.stranger().go())

"""Apple: the answer is a form that another site sends, the secret is a statement signed with a key of ours."""

import pytest

from tests.servers.social import CLIENT_ID, Account
from tests.upstream.providers.suite import ADDRESS, Sample, Suite

APPLESEED = {
    "sub": "001473.fe6f83bf4b8e4590aacbabdcb8598bd0.2039",
    "email": "j.appleseed@example.com",
    "email_verified": "true",
    "is_private_email": "false",
    "nonce_supported": True,
    "real_user_status": 2,
}
HIDDEN = {
    "sub": "000207.5ad3da3d5a1d4e3a8b1f8d5a2f0f4f5b.1430",
    "email": "dpdcnf87nu@privaterelay.appleid.com",
    "email_verified": True,
    "is_private_email": True,
    "nonce_supported": True,
}
POSTED = {"name": {"firstName": "Johnny", "lastName": "Appleseed"}, "email": "j.appleseed@example.com"}


class TestApple(Suite):
    name = "apple"
    doors = ("token", "keys")
    samples = (
        Sample(
            Account(APPLESEED, posted=POSTED),
            {
                "email": "j.appleseed@example.com",
                "email_verified": True,
                "username": "j.appleseed",
                "name": "Johnny Appleseed",
                "avatar": None,
            },
        ),
        Sample(
            Account(HIDDEN),
            {
                "email": "dpdcnf87nu@privaterelay.appleid.com",
                "email_verified": True,
                "username": "dpdcnf87nu",
                "avatar": None,
            },
        ),
    )

    def account(self, subject="4711", email=ADDRESS, *, verified=True):
        return Account({**HIDDEN, "sub": subject, "email": email, "email_verified": verified})

    def test_the_request_is_the_documented_one(self, voyage):
        asked = voyage.depart()

        assert (asked["client_id"], asked["response_mode"]) == (CLIENT_ID, "form_post")
        assert set(asked["scope"].split()) == {"name", "email"}
        assert asked["nonce"]

    @pytest.mark.parametrize("flag", ["True", "false", "1", 1, "yes", None, [True]], ids=repr)
    def test_a_flag_that_is_not_true_is_no_flag(self, voyage, flag):
        voyage.social.account = self.account(verified=flag)
        voyage.go()

        assert not voyage.person(ADDRESS).email_verified

    def test_an_address_that_was_posted_is_not_believed(self, voyage):
        """The form passes through the person's own browser; only the token is Apple's."""
        voyage.social.account = Account({**HIDDEN, "email": ADDRESS}, posted={**POSTED, "email": "root@example.org"})
        voyage.go()

        assert voyage.person("root@example.org") is None
        assert voyage.person(ADDRESS) is not None

    @pytest.mark.parametrize("user", ["", "no", "[]", "null", '{"name": 7}', '{"name": {"firstName": []}}', "[" * 5000])
    def test_a_strange_name_is_none(self, voyage, user):
        voyage.social.account = self.account()
        back = voyage.visit(voyage.depart_to())
        back.told["user"] = user

        assert voyage.is_in(voyage.arrive(back))

    @pytest.mark.parametrize(
        "claims",
        [{"iss": "https://evil.example"}, {"aud": "another client"}, {"nonce": "another"}, {"nonce": None}, {"exp": 1}],
        ids=str,
    )
    def test_a_token_that_is_not_for_us_now_proves_nothing(self, voyage, claims):
        voyage.social.account, voyage.social.claims = self.account(), claims

        assert voyage.is_refused(voyage.go())

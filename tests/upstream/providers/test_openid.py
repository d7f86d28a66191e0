"""Any OpenID provider: discovery says where, an ID token says who, and userinfo may say more of the same person."""

import pytest

from tests.servers.social import Account
from tests.upstream.providers.suite import ADDRESS, Sample, Suite

PICTURE = "https://id.example.org/ada.png"
OF_KEYCLOAK = {
    "sub": "f:4a3f2f6c-1b7e-4b0e-9d2b-0c5f2c1d7e11:ada",
    "email": "ada@keycloak.example",
    "email_verified": True,
    "name": "Ada Lovelace",
    "preferred_username": "ada",
    "given_name": "Ada",
    "family_name": "Lovelace",
    "picture": PICTURE,
    "realm_access": {"roles": ["offline_access", "chat-user"]},
}
OF_ENTRA = {
    "sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ",
    "oid": "00000000-0000-0000-66f3-3332eca7ea81",
    "tid": "9188040d-6c67-4c5b-b112-36a304b66dad",
    "preferred_username": "abeli@fabrikam.example",
    "given_name": "Abe",
    "family_name": "Lincoln",
    "ver": "2.0",
}


class TestOpenID(Suite):
    name = "openid"
    doors = ("discovery", "token", "keys", "user")
    samples = (
        Sample(
            Account(OF_KEYCLOAK),
            {
                "email": "ada@keycloak.example",
                "email_verified": True,
                "username": "ada",
                "name": "Ada Lovelace",
                "avatar": PICTURE,
            },
        ),
        Sample(
            Account(OF_ENTRA),
            {
                "email": "abeli@fabrikam.example",
                "email_verified": False,
                "username": "abeli@fabrikam.example",
                "name": "Abe Lincoln",
                "avatar": None,
            },
        ),
    )

    def account(self, subject="4711", email=ADDRESS, *, verified=True):
        return Account({**OF_KEYCLOAK, "sub": subject, "email": email, "email_verified": verified})

    # Whoever opens accounts there opens them here, unless OPENID_ALLOW_REGISTRATION says no.
    @pytest.mark.environ(OPENID_ALLOW_REGISTRATION="false")
    def test_nobody_new_comes_in_where_registration_is_closed(self, voyage):
        super().test_nobody_new_comes_in_where_registration_is_closed(voyage)

    @pytest.mark.environ(ALLOW_SOCIAL_REGISTRATION="false")
    def test_new_people_come_in_although_no_other_provider_may_add_them(self, voyage):
        voyage.social.account = self.account()

        assert voyage.is_in(voyage.go())

    @pytest.mark.parametrize("flag", ["true", 1, "yes", None, [True]], ids=repr)
    def test_a_flag_that_is_not_true_is_no_flag(self, voyage, flag):
        voyage.social.account = self.account(verified=flag)
        voyage.go()

        assert not voyage.person(ADDRESS).email_verified

    @pytest.mark.environ(
        OPENID_REQUIRED_ROLE="chat-user,chat-admin",
        OPENID_REQUIRED_ROLE_PARAMETER_PATH="realm_access.roles",
        OPENID_REQUIRED_ROLE_TOKEN_KIND="id",
    )
    def test_a_required_role_is_required(self, voyage):
        voyage.social.account = Account({**OF_KEYCLOAK, "realm_access": {"roles": ["offline_access"]}})
        assert voyage.is_refused(voyage.go())
        assert voyage.people() == 0

        voyage.social.account = Account(OF_KEYCLOAK)
        assert voyage.is_in(voyage.go())

    @pytest.mark.environ(
        OPENID_ADMIN_ROLE="chat-admin",
        OPENID_ADMIN_ROLE_PARAMETER_PATH="realm_access.roles",
        OPENID_ADMIN_ROLE_TOKEN_KIND="id",
    )
    def test_the_role_of_an_administrator_comes_and_goes_with_each_sign_in(self, voyage):
        for roles, role in (([], "USER"), (["chat-admin"], "ADMIN"), ([], "USER")):
            voyage.social.account = Account({**OF_KEYCLOAK, "realm_access": {"roles": roles}})
            assert voyage.is_in(voyage.go())
            assert voyage.user()["role"] == role

    @pytest.mark.environ(OPENID_USERNAME_CLAIM="given_name", OPENID_NAME_CLAIM="family_name")
    def test_other_claims_may_hold_the_names(self, voyage):
        voyage.social.account = Account(OF_KEYCLOAK)
        voyage.go()

        found = voyage.person("ada@keycloak.example")
        assert (found.username, found.name) == ("ada", "Lovelace")

    @pytest.mark.environ(OPENID_AUDIENCE="https://api.example.org,other")
    def test_the_first_audience_is_asked_for(self, voyage):
        assert voyage.depart()["audience"] == "https://api.example.org"

    @pytest.mark.parametrize("wants_form", [True, False])
    def test_the_secret_goes_where_we_are_registered_to_show_it(self, voyage, wants_form):
        voyage.social.account, voyage.social.wants_form = self.account(), wants_form

        assert voyage.is_in(voyage.go())

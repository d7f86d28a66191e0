"""
What every provider has to get right; the tests of a provider inherit it and add what is special.

The provider's servers are real ones on loopback (tests/servers/social.py), and so is the way to them.
Law: RFC 9700 §2.1, §4.4 and §4.7 (state, PKCE, mix-up), OWASP ASVS 5.0 §10.1 and §10.2.
Leaves to others: OpenID tokens that lie (tests/attacks), slow answers (tests/journeys).
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar, NamedTuple

import pytest

from identity_service.flows.outcomes import By
from identity_service.foundation.errors import UpstreamDenied
from tests.fakes.people import HASH, VISITOR, person, session
from tests.servers.social import Account
from tests.upstream.providers.elsewhere import Voyage, settle_elsewhere

MALFORMED = ("error", "html", "text", "list", "null", "deep", "bytes", "bomb", "large", "round", "busy")
ADDRESS = "ada@example.org"


class Sample(NamedTuple):
    """An answer as the provider documents it, and what it means: fields of the person that it makes."""

    account: Account
    means: Mapping[str, Any]


class Suite:
    """
    The promises of every provider.

    Attributes:
        name: in addresses and settings.
        samples: two answers, of two people, as the provider documents them.
        verifies: whether the provider ever says that an address is verified.
        doors: which of its doors may answer badly.
    """

    name: ClassVar[str]
    samples: ClassVar[tuple[Sample, Sample]]
    verifies: ClassVar[bool] = True
    doors: ClassVar[tuple[str, ...]] = ("token", "user")

    def account(self, subject: str = "4711", email: str | None = ADDRESS, *, verified: bool = True) -> Account:
        """Return an account as the provider tells of it."""
        raise NotImplementedError

    @pytest.fixture
    def app(self, app, clock, social):
        """The application, with a provider that lives on loopback."""
        social.now = lambda: clock.now().timestamp()
        settle_elsewhere(app, social.url)
        return app

    @pytest.fixture
    def voyage(self, browser, services, social):
        """Somebody with a browser who goes there and comes back."""
        return Voyage(browser, services, social, self.name)

    @pytest.mark.parametrize("index", [0, 1], ids=["first sample", "second sample"])
    def test_a_documented_answer_is_understood(self, voyage, index):
        sample = self.samples[index]
        voyage.social.account = sample.account
        answer = voyage.go()

        assert voyage.is_in(answer)
        found = voyage.person(sample.means["email"])
        assert {name: getattr(found, name) for name in sample.means} == sample.means
        assert (found.role, found.provider) == ("USER", self.name)

    def test_nothing_but_cookies_comes_of_it(self, voyage):
        voyage.social.account = self.account()
        answer = voyage.go()

        assert answer.location.rstrip("/") == voyage.chat
        assert answer.headers["Cache-Control"] == "no-store"
        assert voyage.user()["email"] == ADDRESS

    def test_what_is_asked_for_is_bound_to_this_trip(self, voyage):
        first, second = voyage.depart(), voyage.depart()
        assert first["redirect_uri"] == f"{voyage.site}/oauth/{self.name}/callback"
        assert first["response_type"] == "code"
        assert len(first["state"]) >= 22
        assert first["state"] != second["state"]
        if "code_challenge" in first:
            assert first["code_challenge_method"] == "S256"
            assert first["code_challenge"] != second["code_challenge"]

    def test_another_state_leads_nowhere(self, voyage):
        voyage.social.account = self.account()
        back = voyage.visit(voyage.depart_to())
        for state in (None, "", "x", "A" * 43, "\u00e4" * 20, "A" * 5000):
            back.told["state"] = state
            assert voyage.is_refused(voyage.arrive(back)), state
        assert voyage.people() == 0

    def test_a_state_of_another_trip_does_not_fit_this_code(self, voyage):
        voyage.social.account = self.account()
        stolen = voyage.visit(voyage.depart_to())
        own = voyage.stranger()
        mine = own.visit(own.depart_to())
        mine.told["code"] = stolen.told["code"]

        # By the code challenge, or by the nonce where the provider takes none.
        assert voyage.is_refused(own.arrive(mine))
        assert voyage.people() == 0

    def test_an_answer_counts_once(self, voyage):
        voyage.social.account = self.account()
        back = voyage.visit(voyage.depart_to())
        assert voyage.is_in(voyage.arrive(back))
        sessions = voyage.sessions()

        assert voyage.is_refused(voyage.arrive(back))
        assert voyage.sessions() == sessions

    def test_an_answer_counts_in_the_browser_that_asked(self, voyage):
        """Else somebody could sign others in to an account of their own (login CSRF)."""
        voyage.social.account = self.account()
        back = voyage.visit(voyage.depart_to())

        assert voyage.is_refused(voyage.stranger().arrive(back))
        assert voyage.people() == 0

    def test_an_answer_comes_in_time(self, voyage, clock):
        voyage.social.account = self.account()
        back = voyage.visit(voyage.depart_to())
        clock.advance(timedelta(minutes=11))

        assert voyage.is_refused(voyage.arrive(back))
        assert voyage.people() == 0

    def test_whoever_says_no_there_is_back_at_the_sign_in_page(self, voyage):
        voyage.social.refuses = True

        assert voyage.is_refused(voyage.go())
        assert UpstreamDenied.code in voyage.last_code()
        assert voyage.people() == 0

    def test_an_answer_that_is_none_proves_nothing(self, voyage):
        voyage.social.account = self.account()
        for door in self.doors:
            for manner in MALFORMED:
                voyage.social.rude = {door: manner}
                assert voyage.is_refused(voyage.go()), (door, manner)
        assert voyage.people() == 0

    def test_a_subject_that_is_none_is_nobody(self, voyage):
        for subject in (None, "", [], {}, True, 1.5, "a\nb", "x" * 300):
            voyage.social.account = self.account(subject)
            assert voyage.is_refused(voyage.go()), subject
        assert voyage.people() == 0

    def test_without_an_address_there_is_no_account(self, voyage):
        for email in (None, "", "nobody", [], {"a": 1}, 7, "a@b@c", "x" * 300 + "@example.org"):
            voyage.social.account = self.account(email=email)
            assert voyage.is_refused(voyage.go()), email
        assert voyage.people() == 0

    def test_an_unverified_address_stays_unverified(self, voyage):
        voyage.social.account = self.account(verified=False)

        assert voyage.is_in(voyage.go())
        assert voyage.person(ADDRESS).email_verified is False

    @pytest.mark.environ(ALLOW_ACCOUNT_LINKING="true")
    def test_an_unverified_address_joins_nothing(self, voyage):
        ours = person(voyage.services, ADDRESS, email_verified=True)
        # Nor does one that is verified and only looks like it: an invisible letter, a wide one, an ordinal.
        others = [self.account(email=f"{local}@example.org") for local in ("\u200bada", "\uff41da", "ad\xaa")]
        for account in (self.account(verified=False), *others):
            voyage.social.account = account
            assert voyage.is_refused(voyage.go()), account
        assert voyage.person(ADDRESS) == ours

    @pytest.mark.environ(ALLOW_ACCOUNT_LINKING="true")
    def test_a_verified_address_joins_a_verified_account(self, voyage):
        ours = person(voyage.services, ADDRESS, email_verified=True)
        voyage.social.account = self.account()
        answer = voyage.go()

        assert voyage.is_in(answer) is self.verifies
        assert voyage.people() == 1
        if self.verifies:
            assert voyage.user()["_id"] == ours.id

    @pytest.mark.environ(ALLOW_ACCOUNT_LINKING="false")
    def test_an_account_with_the_same_address_is_not_joined_unless_that_is_switched_on(self, voyage):
        ours = person(voyage.services, ADDRESS, email_verified=True)
        voyage.social.account = self.account()

        assert voyage.is_refused(voyage.go())
        assert voyage.person(ADDRESS) == ours

    @pytest.mark.environ(ALLOW_ACCOUNT_LINKING="true")
    def test_whoever_prepared_the_account_of_another_loses_it(self, voyage):
        """An account with my address and your password: your password must not open my account."""
        person(voyage.services, "first@example.org")  # the administrator, whose account nobody claims
        prepared = person(voyage.services, ADDRESS, email_verified=False)
        theirs = session(voyage.services, prepared)
        voyage.social.account = self.account()

        assert voyage.is_in(voyage.go()) == self.verifies
        known = voyage.services.capabilities.users.credentials(ADDRESS)
        if self.verifies:
            assert (known.person.id, known.person.email_verified) == (prepared.id, True)
            assert known.password_hash is None
            assert voyage.services.verify.access_token(theirs.access_token) is None
        else:
            assert (known.person, known.password_hash) == (prepared, HASH)

    def test_whoever_comes_again_is_the_same_person(self, voyage):
        voyage.social.account = self.account()
        voyage.go()
        first = voyage.user()["_id"]
        voyage.social.account = self.account(email="countess@example.org")
        again = voyage.stranger()

        assert again.is_in(again.go())
        assert again.user()["_id"] == first
        assert voyage.people() == 1

    @pytest.mark.environ(ALLOW_ACCOUNT_LINKING="true")
    def test_a_second_account_with_a_recycled_address_is_somebody_else(self, voyage):
        voyage.social.account = self.account("first")
        voyage.go()
        first = voyage.user()["_id"]
        voyage.social.account = self.account("second")
        other = voyage.stranger()
        other.go()

        # One account per address: the newcomer is refused, or joins because both sides are verified.
        assert voyage.people() == 1
        assert voyage.user()["_id"] == first

    def test_a_changed_address_takes_nobodys_account(self, voyage):
        other = person(voyage.services, "grace@example.org", email_verified=True)
        voyage.social.account = self.account()
        voyage.go()
        voyage.social.account = self.account(email="grace@example.org")
        voyage.stranger().go()

        assert voyage.person("grace@example.org") == other
        assert voyage.person(ADDRESS) is not None

    @pytest.mark.environ(ALLOW_SOCIAL_REGISTRATION="false")
    def test_nobody_new_comes_in_where_registration_is_closed(self, voyage):
        voyage.social.account = self.account()

        assert voyage.is_refused(voyage.go())
        assert voyage.people() == 0

    @pytest.mark.environ(ALLOWED_EMAIL_DOMAINS="example.com")
    def test_nobody_comes_in_from_a_domain_that_is_not_allowed(self, voyage):
        voyage.social.account = self.account()

        assert voyage.is_refused(voyage.go())
        assert voyage.people() == 0

    @pytest.mark.environ(ALLOW_SOCIAL_LOGIN="false")
    def test_there_is_neither_a_button_nor_a_way_if_it_is_switched_off(self, voyage):
        config = voyage.browser.get("/api/config").json
        button = f'"/oauth/{self.name}'

        assert f"{self.name}LoginEnabled" not in config or config[f"{self.name}LoginEnabled"] is False
        assert button not in voyage.browser.get("/login").text
        assert voyage.is_refused(voyage.browser.get(f"/oauth/{self.name}"))

    def test_the_button_and_the_configuration_show_what_works(self, voyage):
        config = voyage.browser.get("/api/config").json

        assert config[f"{self.name}LoginEnabled"] is True
        assert config["socialLoginEnabled"] is True
        assert f"/oauth/{self.name}" in voyage.browser.get("/login").text

    def test_whoever_is_banned_stays_outside(self, voyage):
        voyage.social.account, moderate = self.account(), voyage.services.moderation.moderate
        voyage.go()
        banned, again, sessions = voyage.person(ADDRESS), voyage.stranger(), voyage.sessions()
        moderate.ban(banned.id, None, "", By("operator", VISITOR))

        assert again.is_refused(again.go())
        assert voyage.sessions() == sessions
        moderate.unban(banned.id, By("operator", VISITOR))
        assert again.is_in(again.go())

    @pytest.mark.environ(ALLOW_ACCOUNT_LINKING="true")
    def test_the_account_of_somebody_banned_is_not_joined(self, voyage):
        ours = person(voyage.services, ADDRESS, email_verified=True)
        voyage.services.moderation.moderate.ban(ours.id, None, "", By("operator", VISITOR))
        voyage.social.account = self.account()

        assert voyage.is_refused(voyage.go())
        assert voyage.person(ADDRESS) == ours

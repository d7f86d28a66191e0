"""GitHub: two requests make a person, and only its list of addresses says which is verified."""

import pytest

from tests.servers.social import Account
from tests.upstream.providers.suite import ADDRESS, Sample, Suite

OCTOCAT = {
    "login": "octocat",
    "id": 1,
    "node_id": "MDQ6VXNlcjE=",
    "avatar_url": "https://github.com/images/error/octocat_happy.gif",
    "gravatar_id": "",
    "url": "https://api.github.com/users/octocat",
    "html_url": "https://github.com/octocat",
    "type": "User",
    "site_admin": False,
    "name": "monalisa octocat",
    "company": "GitHub",
    "blog": "https://github.com/blog",
    "location": "San Francisco",
    "email": "octocat@github.com",
    "hireable": False,
    "bio": "There once was...",
    "public_repos": 2,
    "created_at": "2008-01-14T04:33:35Z",
    "two_factor_authentication": True,
    "plan": {"name": "Medium", "space": 400, "private_repos": 20, "collaborators": 0},
}
QUIET = {**OCTOCAT, "login": "hubot", "id": 583231, "name": None, "email": None, "avatar_url": "", "bio": None}


def listed(email, *, verified=True, primary=True, visibility="private"):
    return {"email": email, "verified": verified, "primary": primary, "visibility": visibility}


class TestGitHub(Suite):
    name = "github"
    doors = ("token", "user")
    samples = (
        Sample(
            Account(OCTOCAT, [listed("octocat@github.com", visibility="public")]),
            {
                "email": "octocat@github.com",
                "email_verified": True,
                "username": "octocat",
                "name": "monalisa octocat",
                "avatar": "https://github.com/images/error/octocat_happy.gif",
            },
        ),
        Sample(
            Account(QUIET, [listed("old@github.com", primary=False), listed("hubot@github.com", visibility=None)]),
            {"email": "hubot@github.com", "email_verified": True, "username": "hubot", "name": "hubot", "avatar": None},
        ),
    )

    def account(self, subject="4711", email=ADDRESS, *, verified=True):
        number = int(subject) if isinstance(subject, str) and subject.isdigit() else subject
        emails = [] if email is None else [listed(email, verified=verified)]
        return Account({**OCTOCAT, "id": number, "email": email}, emails)

    def test_a_public_address_that_is_not_listed_is_not_believed(self, voyage):
        """Anybody may show any of their addresses; only the list says which are verified."""
        voyage.social.account = Account({**OCTOCAT, "email": "root@example.org"}, [listed(ADDRESS)])

        assert voyage.is_in(voyage.go())
        assert voyage.user()["email"] == ADDRESS

    @pytest.mark.parametrize("flag", ["true", 1, "yes", None, [True]], ids=repr)
    def test_a_flag_that_is_not_true_is_no_flag(self, voyage, flag):
        voyage.social.account = Account(OCTOCAT, [listed(ADDRESS, verified=flag)])
        answer = voyage.go()

        assert not voyage.is_in(answer) or not voyage.person(ADDRESS).email_verified

    @pytest.mark.parametrize("emails", [[None], ["octocat@github.com"], [[]], [{"primary": True, "verified": True}]])
    def test_a_strange_list_names_no_verified_address(self, voyage, emails):
        voyage.social.account = Account({**OCTOCAT, "email": None}, emails)

        assert voyage.is_refused(voyage.go())

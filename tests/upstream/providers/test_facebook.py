"""Facebook: the request is signed with our secret, and no address it tells counts as verified."""

import pytest

from tests.servers.social import Account
from tests.upstream.providers.suite import ADDRESS, Sample, Suite

PICTURE = "https://platform-lookaside.fbsbx.com/platform/profilepic/?asid=10221&height=50&width=50&ext=1&hash=Aa"
ADA = {
    "id": "10221108181848588",
    "name": "Ada Lovelace",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "email": "ada@facebook.example",
    "picture": {"data": {"height": 50, "is_silhouette": False, "url": PICTURE, "width": 50}},
}
CHER = {"id": "122096000000000001", "name": "Cher", "first_name": "Cher", "email": "cher@facebook.example"}


class TestFacebook(Suite):
    name = "facebook"
    verifies = False
    samples = (
        Sample(
            Account(ADA),
            {
                "email": "ada@facebook.example",
                "email_verified": False,
                "username": "ada lovelace",
                "name": "Ada Lovelace",
                "avatar": PICTURE,
            },
        ),
        Sample(
            Account(CHER),
            {
                "email": "cher@facebook.example",
                "email_verified": False,
                "username": "cher",
                "name": "Cher",
                "avatar": None,
            },
        ),
    )

    def account(self, subject="4711", email=ADDRESS, *, verified=True):
        return Account({**ADA, "id": subject, "email": email, "verified": verified})

    @pytest.mark.parametrize("flag", ["verified", "email_verified", "is_verified"])
    def test_no_flag_makes_its_address_a_verified_one(self, voyage, flag):
        voyage.social.account = Account({**ADA, flag: True})
        voyage.go()

        assert voyage.person("ada@facebook.example").email_verified is False

    @pytest.mark.parametrize("picture", ["https://x.example/", [], {"data": None}, {"data": {"url": "javascript:1"}}])
    def test_a_strange_picture_is_none(self, voyage, picture):
        voyage.social.account = Account({**ADA, "picture": picture})

        assert voyage.is_in(voyage.go())
        assert voyage.person("ada@facebook.example").avatar is None

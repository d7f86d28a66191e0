"""Discord: one request makes a person, and says whether the address is verified."""

import pytest

from tests.servers.social import Account
from tests.upstream.providers.suite import ADDRESS, Sample, Suite

NELLY = {
    "id": "80351110224678912",
    "username": "Nelly",
    "discriminator": "1337",
    "avatar": "8342729096ea3675442027381ff50dfe",
    "verified": True,
    "email": "nelly@discord.com",
    "flags": 64,
    "banner": "06c16474723fe537c283b8efa61a30c8",
    "accent_color": 16711680,
    "premium_type": 1,
    "public_flags": 64,
    "locale": "en-US",
    "mfa_enabled": True,
}
RENAMED = {
    **NELLY,
    "id": "80351110224678913",
    "username": "ada_l",
    "global_name": "Ada, Countess of Lovelace",
    "discriminator": "0",
    "avatar": "a_1269e74af4df7417b13759eae50c83dc",
    "verified": False,
    "email": "ada@discord.com",
}
CDN = "https://cdn.discordapp.com"


class TestDiscord(Suite):
    name = "discord"
    samples = (
        Sample(
            Account(NELLY),
            {
                "email": "nelly@discord.com",
                "email_verified": True,
                "username": "nelly",
                "name": "Nelly",
                "avatar": f"{CDN}/avatars/80351110224678912/8342729096ea3675442027381ff50dfe.png",
            },
        ),
        Sample(
            Account(RENAMED),
            {
                "email": "ada@discord.com",
                "email_verified": False,
                "username": "ada_l",
                "name": "Ada, Countess of Lovelace",
                "avatar": f"{CDN}/avatars/80351110224678913/a_1269e74af4df7417b13759eae50c83dc.gif",
            },
        ),
    )

    def account(self, subject="4711", email=ADDRESS, *, verified=True):
        return Account({**NELLY, "id": subject, "email": email, "verified": verified})

    def test_whoever_has_no_picture_gets_one_of_the_ordinary_ones(self, voyage):
        voyage.social.account = Account({**NELLY, "avatar": None})
        voyage.go()

        assert voyage.person("nelly@discord.com").avatar == f"{CDN}/embed/avatars/2.png"

    @pytest.mark.parametrize("picture", ["../../x", 7, {"a": 1}, "a_" + "0" * 5000, "a b"])
    def test_a_strange_picture_leads_nowhere_else(self, voyage, picture):
        voyage.social.account = Account({**NELLY, "avatar": picture})

        assert voyage.is_in(voyage.go())
        avatar = voyage.person("nelly@discord.com").avatar
        assert avatar is None or (avatar.startswith(f"{CDN}/") and ".." not in avatar and " " not in avatar)

    @pytest.mark.parametrize("flag", ["true", 1, "yes", None, [True]], ids=repr)
    def test_a_flag_that_is_not_true_is_no_flag(self, voyage, flag):
        voyage.social.account = self.account(verified=flag)
        voyage.go()

        assert not voyage.person(ADDRESS).email_verified

"""Letters written out: every kind in every language, and nothing in them that a stranger has slipped in."""

import re
from html.parser import HTMLParser

import pytest

from identity_service.mail.composer import Composer, Unspeakable, spoken
from identity_service.mail.letters import FALLBACK, TEMPLATES, Letter, kinds, locale_for, locales, masked, own_names
from tests.fakes.clock import START

FACTS = {
    "link": "https://chat.example.org/reset-password?token=abc&userId=1",
    "device": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "address": "192.0.2.7",
    "time": "2026-03-14 09:26 UTC",
    "until": "2026-03-14 09:41 UTC",
    "provider": "Google",
    "old_address": "ada@example.org",
    "new_address": "ada@example.net",
}
COMPOSER = Composer("Our Chat & Co")
HOSTILE = '<b>"Ada"</b>\r\nBcc: eve@example.net http://evil.example/x www.evil.example evil.example {{ 7*7 }} \u202e'


class Reader(HTMLParser):
    """Reads a page: what it says, and where its links lead."""

    def __init__(self, html):
        super().__init__()
        self.links, self.tags, self.said = [], set(), ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.links += [value for name, value in attributes if name in {"href", "src"}]

    def handle_data(self, data):
        self.said += data


def compose(kind="reset_password", locale="en", name="Ada", **facts):
    told = {**FACTS, **facts}
    letter = Letter(kind, "ada@example.org", name, locale, {key: fact for key, fact in told.items() if fact})
    return COMPOSER.compose(letter, "an id", START)


@pytest.mark.parametrize("locale", locales())
@pytest.mark.parametrize("kind", kinds())
def test_every_letter_says_who_writes_and_what_to_do_if_it_was_not_you(kind, locale):
    written = compose(kind, locale)
    page = Reader(written.html)

    assert 5 < len(written.subject) < 78
    for said in (written.text, page.said):
        assert "Our Chat & Co" in said
        assert "2026" in said
        assert "Firefox, Linux" in said
        assert "192.0.2.7" in said
        assert FACTS["time"] in said
        assert "Ada" in said
    assert f'<html lang="{locale}">' in written.html
    assert written.subject in page.said
    if kind != "test":
        assert set(page.links) == {FACTS["link"]}
        assert FACTS["link"] in written.text
    assert "{" not in written.text


def test_every_language_is_called_by_its_own_name():
    assert own_names() == {"de": "Deutsch", "en": "English", "es": "Español", "fr": "Français"}
    assert tuple(own_names()) == locales()


@pytest.mark.parametrize("locale", locales())
def test_every_language_has_the_same_letters_with_the_same_parts(locale):
    def parts(folder):
        found = sorted((TEMPLATES / folder).iterdir())
        return {path.name: re.findall(r"{% set (\w+) %}", path.read_text(encoding="utf-8")) for path in found}

    assert parts(locale) == parts(FALLBACK)


def test_what_is_not_told_is_not_mentioned():
    written = compose("password_changed", device="", address="", time="", link="", until="")

    assert "Device" not in written.text
    assert "Device" not in written.html
    assert Reader(written.html).links == []


def test_a_link_says_how_long_it_works():
    assert "until 2026-03-14 09:41 UTC and only once" in compose().text


@pytest.mark.parametrize("field", ["name", "device", "address", "provider", "new_address", "old_address"])
@pytest.mark.parametrize("kind", ["address_changed", "provider_linked", "reset_password"])
def test_nothing_that_a_stranger_chose_becomes_markup_or_a_header(kind, field):
    written = compose(kind, **{field: HOSTILE})
    page = Reader(written.html)

    assert set(page.links) == {FACTS["link"]}
    assert "b" not in page.tags
    assert "49" not in written.html.replace("2049", "")
    assert "\n" not in written.subject
    assert "\u202e" not in written.text + written.html
    assert not re.search(r"^Bcc", written.text, re.MULTILINE)


def test_a_name_holds_nothing_that_a_mail_program_would_make_a_link_of():
    written = compose(name=HOSTILE)

    assert "evil.example" not in written.text
    assert "evil.example" not in written.html
    assert "@" not in written.text.replace("ada@example", "")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Ada Lovelace", "Ada Lovelace"),
        ("J. R. R. Tolkien", "J. R. R. Tolkien"),
        ("Séamus O'Neill-Müller, Jr.", "Séamus O'Neill-Müller, Jr."),
        ("山田 太郎", "山田 太郎"),
        ("नरेन्द्र", "नरेन्द्र"),
        ("visit evil.example", "visit evil example"),
        ("https://evil.example/?a=b", "https evil example a b"),
        ("a" * 80, "a" * 40),
        ("<>\r\n\0", ""),
        ("", ""),
    ],
)
def test_of_a_name_is_said_what_names_have(name, said):
    assert spoken(name) == said


def test_without_a_name_there_is_a_greeting_all_the_same():
    assert compose(name="").text.startswith("Hello,\n")


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari, iPhone"),
        ("curl/8.0", "curl"),
        ("http://evil.example", "unknown"),
    ],
)
def test_a_device_is_named_or_unknown(agent, said):
    assert f"- Device: {said}\n" in compose(device=agent).text


def test_a_fact_that_is_missing_is_noticed():
    with pytest.raises(Unspeakable, match="provider"):
        compose("provider_linked", provider="")


def test_a_letter_that_nobody_has_written_is_noticed():
    with pytest.raises(Unspeakable, match="birthday"):
        compose("birthday")


def test_a_language_that_nobody_speaks_is_english():
    assert compose(locale="../../etc").subject == compose(locale="en").subject


@pytest.mark.parametrize(
    ("languages", "default", "locale"),
    [
        ("", "en", "en"),
        ("", "de-CH", "de"),
        ("", "tlh", "en"),
        ("fr-CH, fr;q=0.9, en;q=0.8", "en", "fr"),
        ("tlh, es;q=0.3, de;q=0.7", "en", "de"),
        ("de;q=0, es", "en", "es"),
        ("*", "de", "de"),
        ("DE_at", "en", "de"),
        ("de;q=much", "fr", "fr"),
        (";;,,;q=1" * 999, "es", "es"),
        ("../de", "en", "en"),
    ],
)
def test_the_language_is_what_the_browser_asks_for_if_we_have_it(languages, default, locale):
    assert locale_for(languages, default) == locale


@pytest.mark.parametrize(
    ("address", "seen"),
    [
        ("ada@example.org", "a…@e….org"),
        ("a@b", "a…@b…"),
        ("ada@mail.example.co.uk", "a…@m….uk"),
        ("no address", "…"),
    ],
)
def test_an_address_is_known_again_by_its_owner_alone(address, seen):
    assert masked(address) == seen

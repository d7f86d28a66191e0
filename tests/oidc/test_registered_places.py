"""Addresses of clients that we show, or send something to."""

import pytest

from identity_service.oidc.registered_places import is_place

PUBLIC = [
    "https://wiki.example.org",
    "https://wiki.example.org/logo.png?v=1",
    "https://1.1.1.1/",
    "https://a.example:8443/",
]
PRIVATE = [
    "https://localhost/",
    "https://LOCALHOST/",
    "https://wiki/",
    "https://wiki.local/",
    "https://metadata.google.internal/",
    "https://chat.localhost/",
    "https://router.lan/",
    "https://a.home.arpa/",
    "https://127.0.0.1/",
    "https://10.0.0.1/",
    "https://192.168.1.1:8443/",
    "https://169.254.169.254/latest/meta-data",
    "https://[::1]/",
    "https://[fe80::1]/",
    "https://[fd00::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://0.0.0.0/",
]
STRANGE = [
    "",
    "wiki.example.org",
    "//wiki.example.org/",
    "ftp://wiki.example.org/",
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "com.example.app:/callback",
    "https://",
    "https://user@wiki.example.org/",
    "https://wiki.example.org/#fragment",
    "https://wiki.example.org\\@10.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://wiki.example.org:0/",
    "https://wiki example.org/",
    "https://wíki.example.org/",
]


@pytest.mark.parametrize("uri", PUBLIC)
def test_a_public_address_is_a_place_for_everybody(uri):
    assert is_place(uri, may_be_http=False, may_be_private=False)


@pytest.mark.parametrize("uri", PRIVATE)
def test_a_private_address_is_a_place_for_an_operator_alone(uri):
    assert not is_place(uri, may_be_http=False, may_be_private=False)
    assert is_place(uri, may_be_http=False, may_be_private=True)


@pytest.mark.parametrize(
    "uri", ["http://wiki.example.org/", "http://127.0.0.1/", "http://localhost/", "http://wiki:3000/"]
)
def test_http_is_an_exception(uri):
    assert not is_place(uri, may_be_http=False, may_be_private=True)
    assert is_place(uri, may_be_http=True, may_be_private=True)


@pytest.mark.parametrize("uri", STRANGE)
def test_what_two_programs_could_read_in_two_ways_is_no_place(uri):
    assert not is_place(uri, may_be_http=True, may_be_private=True)

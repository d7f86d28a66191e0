"""Redirect addresses: what may be registered, and that nothing else than what was registered is one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity_service.oidc.redirects import is_acceptable, is_on_the_device, matches, origin
from tests.attacks.redirect_confusions import confusions

REGISTERED = (
    "https://client.example/callback",
    "https://chat.example.org:8443/oauth/openid/callback",
    "https://mail.shop.example/cb?a=1&b=2",
)
PRIVATE = "com.example.app:/oauth2redirect"
TYPES = ("web", "native")


@pytest.mark.parametrize("application_type", TYPES)
@pytest.mark.parametrize(
    "uri",
    [
        *REGISTERED,
        "https://client.example",
        "https://client.example/",
        "https://Client.Example/Callback",
        "https://chat/callback",
        "https://under_score.example/cb",
        "https://xn--bcher-kva.example/cb",
        "https://client.example:65535/cb",
        "https://client.example/~ada/@me/a,b;c=1/(x)!'$&+=:",
        "https://client.example/%C3%BC",
        "https://client.example/.well-known/cb...",
        "https://client.example?next=%2Fhome",
        "https://client.example/cb?next=https://client.example/../x",
        "https://192.0.2.7/cb",
        "https://[2001:db8::7]:8443/cb",
        "http://localhost/cb",
        "http://localhost:3080/oauth/openid/callback",
        "http://127.0.0.1:5000/cb",
        "http://[::1]/cb",
        f"https://client.example/{'x' * 1977}",
    ],
    ids=lambda uri: uri[:60],
)
def test_an_address_that_every_program_reads_alike_may_be_registered(uri, application_type):
    assert is_acceptable(uri, application_type)
    assert is_acceptable(uri, application_type, allow_http=True)
    assert matches(uri, (uri,), application_type)


@pytest.mark.parametrize("allow_http", [False, True])
@pytest.mark.parametrize("application_type", TYPES)
@pytest.mark.parametrize(
    "uri",
    [
        "",
        "/callback",
        "//client.example/cb",
        "client.example/cb",
        "https:",
        "https://",
        "https:///cb",
        "https:/client.example/cb",
        "https:client.example/cb",
        "HTTPS://client.example/cb",
        "https://client.example/cb#",
        "https://client.example/cb#x",
        "https://client.example#",
        "https://ada@client.example/cb",
        "https://ada:secret@client.example/cb",
        "https://@client.example/cb",
        "https://client.example\\@evil.example/cb",
        "https://client.example/a\\b",
        "https://client.example/a b",
        " https://client.example/cb",
        "https://client.example/cb\n",
        "https://client.example/c\tb",
        "https://client.example/\0",
        "https://bücher.example/cb",
        "https://client.example/ü",
        "https://client。example/cb",
        "https://client.example/a/../b",
        "https://client.example/..",
        "https://client.example/./b",
        "https://client.example/..;x/b",
        "https://client.example/%2e%2e/b",
        "https://client.example/a%2Fb",
        "https://client.example/a%5cb",
        "https://client.example/a%252fb",
        "https://client.example/..%c0%afb",
        "https://client.example/%0d%0ax",
        "https://client.example/cb?x=%00",
        "https://client.example/%",
        "https://client.example/%zz",
        "https://client%2eexample/cb",
        "https://*.client.example/cb",
        "https://client.example/*",
        "https://client.example/cb?x=*",
        "https://client.example./cb",
        "https://.client.example/cb",
        "https://client..example/cb",
        "https://-client.example/cb",
        "https://client-.example/cb",
        f"https://{'a' * 64}.example/cb",
        f"https://{'a.' * 127}example/cb",
        "https://client.example:/cb",
        "https://client.example:0/cb",
        "https://client.example:080/cb",
        "https://client.example:65536/cb",
        "https://client.example:1:2/cb",
        "https://client.example:x/cb",
        "https://2130706433/cb",
        "https://127.1/cb",
        "https://0177.0.0.1/cb",
        "https://0x7f.0.0.1/cb",
        "https://client.0x7f/cb",
        "https://300.0.0.1/cb",
        "https://[::1/cb",
        "https://[fe80::1%25lo]/cb",
        "https://[::g]/cb",
        "https://[]/cb",
        "https://<client>.example/cb",
        'https://client.example/"',
        "https://client.example/{id}",
        "https://client.example/`",
        f"https://client.example/{'x' * 1978}",
        "javascript:alert(1)",
        "javascript://client.example/%0aalert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "vbscript:x",
        "blob:https://client.example/x",
        "about:blank",
        "ws://client.example/cb",
        "wss://client.example/cb",
        "ftp://client.example/cb",
        "mailto:ada@client.example",
        "myapp:/cb",
        "my-app://cb",
        ".app:/cb",
        "com..app:/cb",
        "com.example.app",
        "com.example.app:",
        "com.example.app:cb",
        "com.example.app://ada@host/cb",
        "com.example.app:/a/../b",
        "com.example.app:/cb#x",
        "com.example.app:/a%2fb",
        "Com.Example.App:/cb",
        "urn:ietf:wg:oauth:2.0:oob",
    ],
    ids=lambda uri: ascii(uri)[:60],
)
def test_what_programs_could_read_differently_is_never_registered(uri, application_type, allow_http):
    assert not is_acceptable(uri, application_type, allow_http=allow_http)


@pytest.mark.parametrize("application_type", TYPES)
@pytest.mark.parametrize(
    "uri", ["http://chat.lan/cb", "http://192.168.1.5:3080/cb", "http://127.0.0.2/cb", "http://localhost.example/cb"]
)
def test_http_leads_to_this_machine_unless_an_operator_says_otherwise(uri, application_type):
    assert not is_acceptable(uri, application_type)
    assert is_acceptable(uri, application_type, allow_http=True)


@pytest.mark.parametrize(
    "uri", [PRIVATE, "com.example.app://callback", "com.example-2.app+x://cb/x?y=1", "com.example.app:///cb"]
)
def test_only_a_native_application_has_a_scheme_of_its_own(uri):
    assert is_acceptable(uri, "native")
    assert not is_acceptable(uri, "web", allow_http=True)


@given(st.text(max_size=40))
def test_whatever_is_registered_is_plain_ascii_and_absolute(text):
    for uri in (text, f"https://client.example/{text}", f"https://{text}/cb"):
        if is_acceptable(uri, "native", allow_http=True):
            assert uri.isascii()
            assert uri.isprintable()
            assert not set(uri) & set(' #\\"<>*')
            assert ":" in uri


@pytest.mark.parametrize("registered", REGISTERED)
def test_the_confusions_are_many_and_all_different(registered):
    made = confusions(registered)

    assert len(made) == len(set(made)) >= 220
    assert registered not in made
    assert [variant for variant in made if variant.encode().decode() != variant] == []


@pytest.mark.parametrize("application_type", TYPES)
@pytest.mark.parametrize("registered", REGISTERED)
def test_no_confusion_is_the_registered_address(registered, application_type):
    others = ("https://other.example/cb", "http://127.0.0.1:5000/cb", "http://[::1]/cb", PRIVATE)

    assert [each for each in confusions(registered) if matches(each, (*others, registered), application_type)] == []
    assert matches(registered, (*others, registered), application_type)


@pytest.mark.parametrize("registered", ["http://127.0.0.1/cb", "http://127.0.0.1:5000/cb"])
@pytest.mark.parametrize("port", ["", ":1", ":80", ":5000", ":65535"])
def test_a_native_application_listens_on_any_port_of_the_loopback_interface(registered, port):
    assert matches(f"http://127.0.0.1{port}/cb", (registered,), "native")
    assert matches(f"http://[::1]{port}/cb?x=1", ("http://[::1]:9/cb?x=1",), "native")
    assert matches(f"http://127.0.0.1{port}", ("http://127.0.0.1:9",), "native")


@pytest.mark.parametrize(
    "presented",
    [
        "https://127.0.0.1:5001/cb",
        "http://localhost:5001/cb",
        "http://127.0.0.2:5001/cb",
        "http://[::1]:5001/cb",
        "http://[0:0:0:0:0:0:0:1]/cb",
        "http://127.0.0.1:5001/cb/",
        "http://127.0.0.1:5001/CB",
        "http://127.0.0.1:5001/cb?x=1",
        "http://127.0.0.1:5001/cb#",
        "http://127.0.0.1:5001",
        "http://127.0.0.1:/cb",
        "http://127.0.0.1:0/cb",
        "http://127.0.0.1:0080/cb",
        "http://127.0.0.1:65536/cb",
        "http://127.0.0.1:٨٠/cb",
        "http://127.0.0.1:80@evil.example/cb",
        "http://127.0.0.1:80:80/cb",
        "http://127.0.0.1.evil.example/cb",
        "http://127.1:5001/cb",
        "http://127.0.0.1:5001/cb\n",
        "",
    ],
)
def test_only_the_port_is_free(presented):
    assert not matches(presented, ("http://127.0.0.1:5000/cb",), "native")


def test_a_port_is_free_for_native_applications_and_loopback_addresses_only():
    assert not matches("http://127.0.0.1:5001/cb", ("http://127.0.0.1:5000/cb",), "web")
    assert not matches("http://localhost:5001/cb", ("http://localhost:5000/cb",), "native")
    assert not matches("http://127.0.0.1:5001/cb", ("https://client.example/cb", PRIVATE), "native")
    assert not matches("https://client.example:444/cb", ("https://client.example:443/cb",), "native")


def test_a_scheme_of_an_applications_own_is_compared_like_any_other_address():
    assert matches(PRIVATE, (PRIVATE,), "native")
    assert not matches(PRIVATE + "/", (PRIVATE,), "native")
    assert not matches("com.example.app2:/oauth2redirect", (PRIVATE,), "native")


def test_a_client_without_addresses_has_none():
    assert not matches("https://client.example/cb", (), "web")


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        ("https://client.example/callback?x=https://other.example", "https://client.example"),
        ("https://client.example:8443", "https://client.example:8443"),
        ("http://127.0.0.1:5000/cb", "http://127.0.0.1:5000"),
        ("http://[::1]:5000/cb", "http:"),
        (PRIVATE, "com.example.app:"),
        ("com.example.app://callback", "com.example.app:"),
    ],
)
def test_a_policy_names_the_place_that_an_address_leads_to(uri, place):
    assert origin(uri) == place


@pytest.mark.parametrize(
    ("uri", "is_there"),
    [
        ("https://app.example.org/callback", False),
        ("http://intranet.example.org/callback", False),
        ("http://127.0.0.1:8000/callback", True),
        ("http://[::1]/callback", True),
        ("https://LocalHost/callback", True),
        ("https://app.localhost/callback", True),
        ("https://127.0.0.2/callback", True),
        ("https://[0:0:0:0:0:0:0:1]/callback", True),
        ("com.example.app:/callback", True),
    ],
)
def test_some_addresses_lead_to_whatever_listens_on_the_device(uri, is_there):
    assert is_on_the_device(uri) is is_there

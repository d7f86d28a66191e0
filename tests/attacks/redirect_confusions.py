"""
Addresses that look like a registered redirect address, to a person or to a careless program, and are not it.

Each is of a kind that has worked somewhere: parsers that disagree, decoders that decode twice, comparisons by prefix.
Law: RFC 9700 §4.1 (insufficient redirect URI validation), RFC 3986 §7. Leaves to others: where they are sent.
"""

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote, urlsplit

EVIL = "evil.example"

_LOOKALIKES = {"a": "\u0430", "c": "\u0441", "e": "\u0435", "h": "\u04bb", "i": "\u0456", "l": "\u04cf", "m": "\u217f"}
_MORE_LOOKALIKES = {"n": "\u0578", "o": "\u043e", "p": "\u0440", "s": "\u0455", "t": "\u03c4", "x": "\u0445"}
_DOTS = ("\u3002", "\uff0e", "\uff61", "\u2024", "\u00b7", "%2e", "%2E", "%252e", "%E3%80%82", "..", "\\.", "[.]")
_NUMBERS = (
    *("127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0X7F.1", "017700000001"),
    *("0177.0.0.1", "127.000.000.001", "0", "0.0.0.1", "0x0", "[::1]", "[0:0:0:0:0:0:0:1]", "[::]", "[::1"),
    *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[fe80::1%25lo]", "[fd00:ec2::254]", "localhost."),
    *("169.254.169.254", "2852039166", "0xa9fea9fe", "127.0.0.1.", "localhost", "\u2460\u2461\u2466.0.0.\u2460"),
)
_UNSEEN = (
    *("\t", "\n", "\r", "\r\n", "\0", "\x01", "\x0b", "\x0c", "\x1b", "\x7f", " ", "\u0085", "\u00a0", "\u00ad"),
    *("\u200b", "\u200d", "\u200e", "\u2028", "\u2029", "\u202e", "\u2066", "\u3000", "\ufeff", "\U000e0041"),
)
_ENCODED = ("%00", "%01", "%09", "%0a", "%0d", "%0d%0aLocation:%20//evil.example", "%20", "%7f", "%c2%a0", "%e2%80%ae")
_PORTS = ("", "443", "80", "8443", "0", "1", "0443", "65536", "65979", "-1", "+443", "443x", "4 43", "\uff14\uff13")
_SCHEMES = ("http", "HTTPS", "Https", "httpS", "ftp", "ws", "wss", "file", "view-source:https", "feed:https", "httpss")
_STARTS = (
    *("", "//", "///", "/", "\\\\", "://", ":", "https:", "https:/", "https:///", "https:////", "https//", "https;//"),
    *("https:%2f%2f", "https%3a//", "https%3A%2F%2F", "https:\t//", "h\nttps://", "https://https://"),
)
_ENDS = ("/", "//", "/.", "/..", "/../", "/x", "x", ".json", ";x", ";a=1", "%2f", "%5c", "%3f", "%23", "*", "~", "%2e")
_UPWARDS = ("..", "%2e%2e", "%2E.", "%252e%252e", "..;", "..%2f", "..%5c", "..%c0%af", "%c0%ae%c0%ae", "....//", "..\\")


class Registered(NamedTuple):
    """The pieces of the address that is imitated."""

    whole: str
    scheme: str
    site: str  # with the port, if there is one
    host: str
    path: str
    query: str  # with its question mark, if there is one

    def at(self, site: str) -> str:
        """Return the address on another site."""
        return f"{self.scheme}://{site}{self.path}{self.query}"

    def on(self, path: str) -> str:
        """Return the address with another path."""
        return f"{self.scheme}://{self.site}{path}{self.query}"

    def asking(self, query: str) -> str:
        """Return the address with another query."""
        return f"{self.scheme}://{self.site}{self.path}{query}"


def confusions(registered: str) -> list[str]:
    """Return more than 220 hostile variants of *registered*, an https address; all different, none of them it."""
    parts = urlsplit(registered)
    query = f"?{parts.query}" if parts.query else ""
    one = Registered(registered, parts.scheme, parts.netloc, parts.hostname or "", parts.path, query)
    makers = (_userinfo, _backslashes, _sites, _lookalikes, _numbers, _ports, _schemes, _programs)
    more = (_letters, _paths, _queries, _fragments, _unseen, _encodings, _lists)
    made = dict.fromkeys(variant for maker in makers + more for variant in maker(one))
    return [variant for variant in made if variant != registered]


def _userinfo(one: Registered) -> Iterator[str]:
    for disguise in ("", ":x", ":443", "%40", "%2f", "\\", "#", "?", ";", "%00", "%0d%0a", ":80#", "/", ".", "%252f@"):
        yield f"{one.scheme}://{one.site}{disguise}@{EVIL}{one.path}{one.query}"
    for name in ("x", "x:y", "", ":", "admin%40", EVIL, f"{EVIL}:443", f"{EVIL}#", f"{EVIL}\\", f"{EVIL}?", f"{EVIL}/"):
        yield one.at(f"{name}@{one.site}")


def _backslashes(one: Registered) -> Iterator[str]:
    yield f"{one.scheme}:\\\\{one.site}{one.path}{one.query}"
    yield f"{one.scheme}:/\\{one.site}{one.path}{one.query}"
    yield f"{one.scheme}:\\/{one.site}{one.path}{one.query}"
    yield f"{one.scheme}://{EVIL}\\{one.site}{one.path}{one.query}"
    yield f"{one.scheme}://{EVIL}\\.{one.site}{one.path}{one.query}"
    yield f"{one.scheme}://{EVIL}\\@{one.site}{one.path}{one.query}"
    yield f"{one.scheme}://{one.site}\\{one.path}"
    yield one.on(one.path.replace("/", "\\"))
    yield one.on(one.path + "\\..\\..\\" + EVIL)
    yield one.on(one.path + "\\")


def _sites(one: Registered) -> Iterator[str]:
    """Begin or end with the right host, or with its parent or child."""
    for site in (EVIL, f"{one.host}.{EVIL}", f"{EVIL}.{one.host}", f"{one.host}{EVIL}", f"{EVIL}{one.host}"):
        yield one.at(site)
    for before in ("x", "www.", "*.", ".", "-", "_", "%20", "a,", "a;"):
        yield one.at(before + one.host)
    for after in ("x", ".", "..", "-", "_", f",{EVIL}", f";{EVIL}", f"%23.{EVIL}", f"%3f.{EVIL}", f"%2f.{EVIL}"):
        yield one.at(one.host + after)
    for after in (f"&.{EVIL}", f"!.{EVIL}", f"$.{EVIL}", f"'.{EVIL}", f"~.{EVIL}", f"{{}}.{EVIL}", f"|.{EVIL}"):
        yield one.at(one.host + after)
    for site in (one.host.partition(".")[2] or "x", one.host[1:], one.host[:-1], one.host.replace(".", "-"), "", "*"):
        yield one.at(site)
    yield one.at(f"[{one.host}]")
    yield one.at(f"{EVIL}#@{one.site}")
    yield one.at(f"{EVIL}?@{one.site}")


def _lookalikes(one: Registered) -> Iterator[str]:
    for latin, other in {**_LOOKALIKES, **_MORE_LOOKALIKES}.items():
        if latin in one.host:
            spoofed = one.host.replace(latin, other, 1)
            yield one.at(spoofed)
            yield one.at(".".join(_in_punycode(label) for label in spoofed.split(".")))
    for dot in _DOTS:
        yield one.at(one.host.replace(".", dot, 1))
        yield one.at(one.host.replace(".", dot))
    for place, letter in enumerate(one.host[:8]):
        yield one.at(one.host[:place] + _wide(letter) + one.host[place + 1 :])
        yield one.at(one.host[:place] + f"%{ord(letter):02x}" + one.host[place + 1 :])
    yield one.at("".join(map(_wide, one.host)))
    for narrow in ("/", ":", "?", "."):
        yield one.whole.replace(narrow, _wide(narrow))
    for sign in "/:?#@\\":
        yield one.at(f"{one.host}{_wide(sign)}.{EVIL}")
    for ligature in ("\u2100", "\u2105", "\u2048", "\u2215", "\u2044", "\ufe68", "\u29f8"):
        yield one.at(f"{one.host}{ligature}.{EVIL}")


def _numbers(one: Registered) -> Iterator[str]:
    yield from (one.at(number) for number in _NUMBERS)


def _ports(one: Registered) -> Iterator[str]:
    for port in _PORTS:
        yield one.at(f"{one.host}:{port}")
    yield one.at(f"{one.host}:443:443")
    yield one.at(f"{one.host}:443@{EVIL}")
    yield one.at(f"{one.host}:{EVIL}")


def _schemes(one: Registered) -> Iterator[str]:
    rest = one.whole.removeprefix(f"{one.scheme}://")
    for scheme in _SCHEMES:
        yield f"{scheme}://{rest}"
    for start in _STARTS:
        yield start + rest


def _programs(one: Registered) -> Iterator[str]:
    """Run something instead of going somewhere."""
    yield f"javascript:alert(1)//{one.whole}"
    yield f"javascript://{one.site}{one.path}%0aalert(1)"
    yield f"JaVaScRiPt:location='{one.whole}'"
    yield "java\tscript:alert(1)"
    yield f"\x01javascript:alert(1)//{one.whole}"
    yield f"data:text/html,<script>location='{one.whole}'</script>"
    yield f"data:text/html;base64,PHNjcmlwdD4=//{one.whole}"
    yield f"vbscript:msgbox(1)//{one.whole}"
    yield f"blob:{one.whole}"
    yield f"about:blank#{one.whole}"
    yield f"filesystem:{one.whole}"
    yield f"intent://{one.site}{one.path}#Intent;scheme=https;end"
    yield f"mailto:ada@{one.site}"
    yield f"jar:{one.whole}!/"
    yield "urn:ietf:wg:oauth:2.0:oob"


def _letters(one: Registered) -> Iterator[str]:
    """Write the same in capitals, where that means the same and where it does not."""
    yield one.whole.upper()
    yield one.whole.title()
    yield one.at(one.site.upper())
    yield one.at(one.site.capitalize())
    yield one.on(one.path.upper())
    yield one.on(one.path.title())
    yield one.on(one.path.swapcase())


def _paths(one: Registered) -> Iterator[str]:
    for end in _ENDS:
        yield one.on(one.path + end)
    for up in _UPWARDS:
        yield one.on(f"{one.path}/{up}/{EVIL}")
        yield one.on(f"/{up}{one.path}")
    for start in ("/.", "//", "/x/..", f"/{EVIL}/..", f"//{EVIL}", "/%2f", "/\\", "/;", "/%20", "/*"):
        yield one.on(start + one.path)
    yield one.on("")
    yield one.on("/")
    yield one.on(one.path[:-1])
    yield one.on(one.path.replace("/", "//"))
    yield one.on(one.path.replace("/", "%2f"))
    yield one.on(one.path.replace("/", "/%2e/"))


def _queries(one: Registered) -> Iterator[str]:
    joint = "&" if one.query else "?"
    for more in ("x=1", "", "code=stolen", "state=x", "error=access_denied", f"next=//{EVIL}", f"iss={EVIL}", "&", "="):
        yield one.whole + joint + more
    for other in ("?", "?x", "?a=1&b=2", "?b=2&a=1", "?a=1;b=2", "??", "?%", "?a[]=1", "?a=1&a=1", f"?@{EVIL}", "?#"):
        yield one.asking(other)
    if one.query:
        yield one.asking("")
        yield one.asking("?" + "&".join(reversed(one.query[1:].split("&"))))
        yield one.asking(one.query.upper())


def _fragments(one: Registered) -> Iterator[str]:
    for fragment in ("#", "#_=_", "#x", f"#@{EVIL}", f"#{one.path}", "#access_token=x", "##", "%23", "%23x", "#\\"):
        yield one.whole + fragment


def _unseen(one: Registered) -> Iterator[str]:
    middle = len(one.host) // 2
    for unseen in (*_UNSEEN, *_ENCODED):
        yield unseen + one.whole
        yield one.whole + unseen
        yield one.at(one.site + unseen)
        yield one.at(one.host[:middle] + unseen + one.host[middle:])
        yield one.on("/" + unseen + one.path[1:])


def _encodings(one: Registered) -> Iterator[str]:
    whole = quote(one.whole, safe="")
    yield from (whole, quote(whole, safe=""), quote(quote(whole, safe=""), safe=""), quote(one.whole, safe=":"))
    yield one.at(quote(one.site, safe="").replace(".", "%2E"))
    yield "".join(f"%{ord(letter):02X}" for letter in one.whole)
    yield one.on("".join(letter if letter == "/" else f"%{ord(letter):02X}" for letter in one.path))
    yield one.on("/" + f"%{ord((one.path + '/x')[1]):02x}" + one.path[2:])
    yield one.whole.replace(":", "&#58;")
    yield one.whole.replace("/", "&sol;")
    yield one.whole.replace("/", "\\u002f")


def _lists(one: Registered) -> Iterator[str]:
    """Say two addresses at once, or far too much."""
    for between in (" ", ",", ", ", ";", "|", "\n", "%20", "%2c", "&redirect_uri="):
        yield f"{one.whole}{between}https://{EVIL}/"
        yield f"https://{EVIL}/{between}{one.whole}"
    yield f"https://{EVIL}/?{one.whole}"
    yield f"https://{EVIL}/#{one.whole}"
    yield f'"{one.whole}"'
    yield f"<{one.whole}>"
    yield f"[{one.whole}]"
    yield f'["{one.whole}"]'
    yield one.whole + "/" * 3000
    yield one.at("a." * 1500 + one.host)
    yield one.whole * 2
    yield from ("*", "null", "None", ".", "/", one.path or "x", one.host, one.site + one.path)


def _wide(letter: str) -> str:
    """Return the full-width form, which many programs read as the plain one (Unicode TR 15, NFKC)."""
    return chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter


def _in_punycode(label: str) -> str:
    return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")

"""
The kinds of settings: how a text becomes a switch, a number, a duration, an address or a secret.

Each kind is a pydantic type. A text it refuses is answered with the rest of a sentence that begins with the
setting's name and never repeats the text, which may be a secret.
Leaves to others: where texts come from (settings_sources), which settings exist (settings_*).
"""

import re
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import SplitResult, urlsplit

from pydantic import PlainValidator, SecretStr

from identity_service.foundation.arithmetic import evaluate
from identity_service.foundation.settings_sources import reading

T = TypeVar("T")

LONGEST_DURATION = timedelta(days=36525)  # a hundred years: any instant plus it is still a date
SHORTEST_SECRET = 32  # bytes: HMAC-SHA-256 wants a key as long as its output (RFC 7518 §3.2)
LONGEST_PATTERN = 64  # characters; a longer piece is a secret of its own

# SHA-256 of the secrets that manuals and sample files have printed; the secrets themselves are not repeated here.
PUBLISHED = frozenset(
    {
        "69024f21e9ad17594dcccd93e87399af24a5426ccfe6108d1787f0335966abc4",  # JWT_SECRET of the user guide
        "282ad5f60261639fefed381976b4d0dde52eab5527a1ab2ec75d5be1efa1165b",  # JWT_REFRESH_SECRET of the user guide
        "7c1154b5152983978147ea87e4a2066d4768673e9d85d6a792cddc2f784efd2f",  # CREDS_KEY of LibreChat's old sample file
        "06d2e911edb4d45985b9d6338ec3d4c6b4bde69f8143437797c187ab07085531",  # CREDS_IV of the same file
    }
)

OWN_SECRETS = ("JWT_SECRET", "JWT_REFRESH_SECRET", "CREDS_KEY")
"""What the service itself signs and seals with."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PLACEHOLDER = re.compile(r"[\s<>\[\]\\]")


def plain(text: str) -> str:
    """Return *text* without spaces around it; a line break inside could forge a mail header or a log line."""
    if _CONTROL.search(text.strip()):
        raise ValueError("must not contain line breaks or control characters.")
    return text.strip()


def unless_blank(parse: Callable[[str], T]) -> PlainValidator:
    """Make a kind that is None when the setting is blank."""
    return PlainValidator(lambda text: parse(text) if text.strip() else None)


def switch(text: str) -> bool:
    """Read `true` or `false` in any case; blank is false."""
    answer = text.strip().lower()
    if answer not in {"true", "false", ""}:
        raise ValueError("must be true or false.")
    return answer == "true"


def word(text: str, *allowed: str) -> str:
    """Read one of a few words, in any case."""
    if text.strip().lower() not in allowed:
        raise ValueError(f"must be one of: {', '.join(allowed)}.")
    return text.strip().lower()


def choice(*allowed: str) -> PlainValidator:
    """Make a kind that is one of a few words."""
    return PlainValidator(lambda text: word(text, *allowed))


def matching(pattern: str, sentence: str) -> PlainValidator:
    """Make a kind that has a certain form; *sentence* says which."""
    compiled = re.compile(pattern)

    def parse(text: str) -> str:
        if not compiled.fullmatch(plain(text)):
            raise ValueError(sentence)
        return plain(text)

    return PlainValidator(parse)


def whole_number(text: str, lowest: int, highest: int) -> int:
    """Read a whole number within bounds, both included; sums are understood."""
    number = evaluate(text.strip())
    if not isinstance(number, int) or not lowest <= number <= highest:
        raise ValueError(f"must be a whole number from {lowest} to {highest}.")
    return number


def whole(lowest: int, highest: int = 2**31 - 1) -> PlainValidator:
    """Make a kind that is a whole number within bounds, both included."""
    return PlainValidator(lambda text: whole_number(text, lowest, highest))


def duration(unit: timedelta, name: str, *, lowest: timedelta) -> PlainValidator:
    """Make a kind that is a duration, written as a number or sum of *unit*, whose plural is *name*."""

    def parse(text: str) -> timedelta:
        number = evaluate(text.strip())
        if not lowest / unit <= number <= LONGEST_DURATION / unit:
            raise ValueError(f"must be {name}, at least {round(lowest / unit, 2):g} and at most a hundred years.")
        return number * unit

    return PlainValidator(parse)


def names(text: str) -> tuple[str, ...]:
    """Read a list with commas; blank entries do not count."""
    return tuple(entry.strip() for entry in plain(text).split(",") if entry.strip())


def lower_names(text: str) -> tuple[str, ...]:
    """Read a list with commas, in lower case."""
    return names(text.lower())


def split_address(text: str, *schemes: str) -> SplitResult:
    """Take an absolute address apart; a ValueError says which *schemes* it may have."""
    try:
        parts = urlsplit(text)
        is_whole = bool(parts.scheme in schemes and parts.hostname and parts.port != 0)
    except ValueError:  # brackets that hold no IPv6 address, a port that is no number
        is_whole = False
    # Spaces and brackets are what remains of a manual's `[AWS REGION]` or `Your Directory`.
    if not is_whole or _PLACEHOLDER.search(f"{parts.hostname}{parts.path}"):
        raise ValueError(f"must be an absolute address that begins with {' or '.join(f'{s}://' for s in schemes)}.")
    return parts


def address(text: str) -> str:
    """Read an absolute http(s) address."""
    split_address(plain(text), "http", "https")
    return plain(text)


def issuer(text: str) -> str:
    """Read an issuer, slash at the end included: it must equal what the provider says (OpenID Discovery 1.0 §4.3)."""
    parts = split_address(plain(text), "http", "https")
    if "?" in text or "#" in text or "@" in parts.netloc:
        raise ValueError("must be an address without a user, a query or a fragment.")
    return plain(text)


def web_address(text: str) -> str:
    """Read the address of a site without the slash at its end, so that paths can be appended."""
    return issuer(text).rstrip("/")


def root_address(text: str) -> str:
    """Read the address of a site that has its host to itself."""
    if urlsplit(web_address(text)).path:
        raise ValueError("must have no path: pages, cookies and redirects begin at the root of a host, so give it one.")
    return web_address(text)


def host(text: str) -> str:
    """Read the name or number of a machine, which has no port behind it."""
    name = plain(text)
    if not re.fullmatch(r"[0-9A-Za-z._:\-]+", name) or (":" in name and not _is_number(name)):
        raise ValueError("must be a host name or an IP address, without a port.")
    return name


def file(text: str) -> Path | None:
    """Read the path of an existing file, relative to the directory of the settings."""
    if not text.strip():
        return None
    path = reading.get().source.directory / plain(text)
    try:
        exists = path.is_file()
    except OSError:  # longer than a path may be
        exists = False
    if not exists:
        raise ValueError("must name an existing file.")
    return path


def callback(text: str) -> str:
    """Read the path that a provider sends people back to; it names the provider, so none answers for another."""
    path = f"/oauth/{reading.get().provider}/callback"
    chosen = plain(text).replace("/oauth/{provider}/callback", path)
    if not chosen.startswith("/") or not chosen.endswith(path):
        raise ValueError(f"must end in the provider's own path: write {path}.")
    return chosen


def strong_secret(text: str) -> SecretStr:
    """Read a secret of at least 32 bytes that is no pattern, and that nobody has published."""
    refuse_published(text)
    refuse_short(text)
    refuse_pattern(text)
    return SecretStr(text)


def lesser_secret(text: str) -> SecretStr:
    """Read a strong secret that is shown to others, or kept by them, and so must be none of the service's own."""
    for name in OWN_SECRETS:
        if (reading.get().source.text(name) or "").strip().lower() == text.strip().lower():
            raise ValueError(f"must differ from {name}.")
    return strong_secret(text)


def refuse_published(text: str) -> None:
    """Refuse a secret that stands in a manual or a sample file."""
    if sha256(text.strip().lower().encode()).hexdigest() in PUBLISHED:
        raise ValueError("is a published sample that everybody knows: `openssl rand -hex 32` prints a good one.")


def refuse_short(text: str) -> None:
    """Refuse a secret that a machine could find by trying: RFC 8725 §3.5."""
    if len(text.encode()) < SHORTEST_SECRET:
        raise ValueError(f"must be at least {SHORTEST_SECRET} bytes long: `openssl rand -hex 32` prints a good one.")


def refuse_pattern(text: str) -> None:
    """Refuse a secret that is one piece repeated: it is only as hard to guess as the piece."""
    periods = range(1, min(len(text) // 2, LONGEST_PATTERN) + 1)
    if any(text.startswith(text[period:]) for period in periods):
        raise ValueError("repeats a pattern: `openssl rand -hex` prints a good one.")


def _is_number(text: str) -> bool:
    try:
        return bool(ip_address(text))
    except ValueError:
        return False


def is_this_machine(name: str) -> bool:
    """Tell whether *name*, a host name or IP address, can only mean this very machine."""
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


Switch = Annotated[bool, PlainValidator(switch)]
Override = Annotated[bool | None, unless_blank(switch)]

Port = Annotated[int, whole(1, 65535)]
Positive = Annotated[int, whole(1)]
NotNegative = Annotated[int, whole(0)]

_millisecond, _minute, _second = timedelta(milliseconds=1), timedelta(minutes=1), timedelta(seconds=1)
Lifetime = Annotated[timedelta, duration(_millisecond, "milliseconds", lowest=_second)]
Milliseconds = Annotated[timedelta, duration(_millisecond, "milliseconds", lowest=timedelta(0))]
Minutes = Annotated[timedelta, duration(_minute, "minutes", lowest=_second)]
Seconds = Annotated[timedelta, duration(_second, "seconds", lowest=timedelta(0))]

Text = Annotated[str, PlainValidator(plain)]
OptionalText = Annotated[str | None, unless_blank(plain)]
Names = Annotated[tuple[str, ...], PlainValidator(names)]
LowerNames = Annotated[tuple[str, ...], PlainValidator(lower_names)]
Host = Annotated[str, PlainValidator(host)]
OptionalHost = Annotated[str | None, unless_blank(host)]
WebAddress = Annotated[str, PlainValidator(web_address)]
RootAddress = Annotated[str, PlainValidator(root_address)]
OptionalAddress = Annotated[str | None, unless_blank(address)]
OptionalIssuer = Annotated[str | None, unless_blank(issuer)]
OptionalFile = Annotated[Path | None, PlainValidator(file)]
CallbackPath = Annotated[str, PlainValidator(callback)]
OptionalSecret = Annotated[SecretStr | None, unless_blank(SecretStr)]
OptionalStrongSecret = Annotated[SecretStr | None, unless_blank(lesser_secret)]

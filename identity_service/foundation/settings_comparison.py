"""
A chat application's settings beside ours: what becomes of each that has to do with signing in.

Source: LibreChat's `.env`; what a setting does here is said where it is declared.
Leaves to others: saying it to the operator (cli_adopt).
"""

import hmac
import re
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from identity_service.foundation.settings import GROUPS, Settings, every_setting
from identity_service.foundation.settings_directories import LDAP, SAML
from identity_service.foundation.settings_groups import Reader, declared
from identity_service.foundation.settings_moderation import ChatLimits
from identity_service.foundation.settings_openid import DISCOVERY
from identity_service.foundation.settings_people import Passkeys
from identity_service.foundation.settings_secrets import Secrets
from identity_service.foundation.settings_sources import Source, parse
from identity_service.foundation.settings_unheeded import unheeded
from identity_service.foundation.settings_upstream import read_upstream

Verdict = Literal["same", "stricter", "ignored"]

_NAME = re.compile(r"[A-Z][A-Z0-9_]+")
_SEALING_KEY = re.compile(r"[0-9a-fA-F]{64}")
_THEIR_OWN = "the chat application's own, which goes on reading it"
_NO_EFFECT = "it is accepted and has no effect here"

_STRICTER: Mapping[str, str] = {
    "ALLOW_ACCOUNT_DELETION": "administrators are held to it as well",
    "ALLOW_PASSWORD_RESET": "no stranger is ever shown the link, with or without mail",
    "MIN_PASSWORD_LENGTH": "never below 8; it counts when a password is chosen, after a reset too",
    "REFRESH_TOKEN_EXPIRY": "a refresh token that comes back after its use ends the session",
    "TRUST_PROXY": "0 really trusts no proxy; every other number means the same",
    "BAN_VIOLATIONS": "tries of strangers count too, and refreshing is closed to whoever is banned",
    "EMAIL_ENCRYPTION": "starttls is insisted on, and the certificate has to be right",
    "OPENID_USE_PKCE": "it is always used",
    "OPENID_GENERATE_NONCE": "it is always used",
    **dict.fromkeys(
        ("LOGIN_MAX", "LOGIN_WINDOW"), "counted by address and by account, in the database that all workers share"
    ),
    **dict.fromkeys(
        (
            *("REGISTER_MAX", "REGISTER_WINDOW", "RESET_PASSWORD_MAX", "RESET_PASSWORD_WINDOW"),
            *("RESET_PASSWORD_SUBMISSION_MAX", "RESET_PASSWORD_SUBMISSION_WINDOW"),
            *("VERIFY_EMAIL_MAX", "VERIFY_EMAIL_WINDOW"),
            *("VERIFY_EMAIL_SUBMISSION_MAX", "VERIFY_EMAIL_SUBMISSION_WINDOW"),
        ),
        "counted in the database that all workers share, and a restart forgets nothing",
    ),
}

_IGNORED: Mapping[str, str] = {
    **{one.name: "nobody signs in by LDAP here: such people need a password of their own" for one in declared(LDAP)},
    **{one.name: "nobody signs in by SAML here: such people need a password of their own" for one in declared(SAML)},
    **{one.name: "there are no passkeys here" for one in declared(Passkeys)},
    **{one.name: _THEIR_OWN for one in declared(ChatLimits)},
    **dict.fromkeys(
        (
            *("USE_REDIS_STREAMS", "FORCED_IN_MEMORY_CACHE_NAMESPACES", "REDIS_MAX_LISTENERS", "REDIS_PING_INTERVAL"),
            *("REDIS_RETRY_MAX_DELAY", "REDIS_RETRY_MAX_ATTEMPTS", "REDIS_ENABLE_OFFLINE_QUEUE"),
            *("REDIS_USE_ALTERNATIVE_DNS_LOOKUP", "REDIS_CLUSTER_SAFE_DELETE", "AUTH_USER_CACHE_MODE"),
            *("CHECK_BALANCE", "START_BALANCE", "NODE_ENV", "LIBRECHAT_TEMP_CREDENTIALS_PATH"),
            *("ADMIN_PANEL_URL", "ADMIN_PANEL_SESSION_SECRET", "DEBUG_OPENID_REQUESTS"),
            *("OPENID_GRAPH_SCOPES", "USE_ENTRA_ID_FOR_PEOPLE_SEARCH", "ENTRA_ID_INCLUDE_OWNERS_AS_MEMBERS"),
            *("OPENID_ON_BEHALF_FLOW_FOR_USERINFO_REQUIRED", "OPENID_ON_BEHALF_FLOW_USERINFO_SCOPE"),
        ),
        _THEIR_OWN,
    ),
    **dict.fromkeys(("TRUST_TENANT_HEADER", "TENANT_ISOLATION_STRICT"), "there are no tenants here"),
    "OPENID_SESSION_SECRET": "what waits during a sign-in is sealed by CREDS_KEY",
    "OPENID_REUSE_TOKENS": "the tokens of the chat application are this service's, never the provider's",
    "OPENID_REUSE_MAX_SESSION_AGE_MS": "the tokens of the chat application are this service's, never the provider's",
}

# What a setting means over there when nobody sets it, where that is something else here.
_UNSET: Mapping[str, tuple[Verdict, str]] = {
    "ALLOW_REGISTRATION": ("same", "unset, it is off there and on here: write ALLOW_REGISTRATION=false"),
    "BAN_VIOLATIONS": ("stricter", "unset, it is off there and on here: write BAN_VIOLATIONS=false"),
    "TRUST_PROXY": ("stricter", "unset, it is 1 there and 0 here: write how many proxies stand before this service"),
}


class Compared(NamedTuple):
    """A setting of theirs, and what becomes of it here; a value is in none of it."""

    name: str
    verdict: Verdict
    reason: str


class Comparison(NamedTuple):
    """
    Their settings beside ours.

    `others` have nothing to do with signing in, `to_copy` are secrets that must be theirs here as well, `to_find` those
    of them that do not stand there; `openid_issuer` and `github`, a GitHub of their own, are empty without one.
    """

    compared: tuple[Compared, ...]
    others: int
    to_copy: tuple[str, ...]
    to_find: tuple[str, ...]
    problems: tuple[str, ...]
    creds_key: bytes | None
    openid_issuer: str
    github: str


def compare(path: Path, ours: Settings) -> Comparison:
    """
    Compare what stands in the file at *path* with what we would make of it.

    Raises:
        FileNotFoundError: there is no such file.
    """
    problems = list[str]()
    theirs = parse(path, problems)
    blank_counts = {one.name: one.blank_counts for one in every_setting()}
    known = blank_counts.keys() | _IGNORED.keys()
    refused, without_effect = _tried(theirs, path.parent)
    compared, others = list[Compared](), 0
    for name, text in theirs.items():
        bare = name if name in known else name.removesuffix("_FILE")
        if bare not in known:
            others += 1
        elif text.strip() or blank_counts.get(bare):
            compared.append(_verdict(bare, refused, without_effect))
    compared += [Compared(name, *said) for name, said in _UNSET.items() if not theirs.get(name, "").strip()]
    key = theirs.get("CREDS_KEY", "").strip()
    creds_key = bytes.fromhex(key) if _SEALING_KEY.fullmatch(key) else None
    issuer = theirs.get("OPENID_ISSUER", "").strip().removesuffix(DISCOVERY)
    to_copy = tuple(_to_copy(theirs, ours.secrets))
    return Comparison(
        tuple(compared),
        others,
        to_copy,
        tuple(name for name in to_copy if not theirs.get(name, "").strip()),
        tuple(problems),
        creds_key,
        issuer,
        theirs.get("GITHUB_ENTERPRISE_BASE_URL", "").strip(),
    )


def _verdict(name: str, refused: Mapping[str, str], without_effect: Container[str]) -> Compared:
    # First, for it stops the start whatever it would do.
    if name in refused:
        return Compared(name, "stricter", f"its value is refused here: {refused[name]}")
    if name in _IGNORED or name in without_effect:
        return Compared(name, "ignored", _IGNORED.get(name, _NO_EFFECT))
    if name in _STRICTER:
        return Compared(name, "stricter", _STRICTER[name])
    return Compared(name, "same", "it means the same here")


def _tried(theirs: Mapping[str, str], folder: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """Say of each setting that would stop our start why it would, and name those that nothing here heeds."""
    reader = Reader(Source(theirs, folder))
    for group in GROUPS.values():
        reader.read(group)
    upstream = read_upstream(reader)
    found = dict[str, str]()
    for problem in reader.problems:
        for name in _NAME.findall(problem):
            found.setdefault(name, problem)
    refused = {name: problem for name, problem in found.items() if theirs.get(name, "").strip()}
    return refused, unheeded(reader.source, upstream.openid)


def _to_copy(theirs: Mapping[str, str], ours: Secrets) -> Iterator[str]:
    mine = {
        "JWT_SECRET": ours.jwt.get_secret_value(),
        "JWT_REFRESH_SECRET": ours.jwt_refresh.get_secret_value(),
        "CREDS_KEY": ours.creds_key.get_secret_value().hex(),
        "CREDS_IV": ours.creds_iv.get_secret_value().hex() if ours.creds_iv else "",
    }
    for name, text in mine.items():
        other = theirs.get(name, "").strip()
        if name.startswith("CREDS"):
            other = other.lower()
        if not hmac.compare_digest(other.encode(), text.encode()):
            yield name

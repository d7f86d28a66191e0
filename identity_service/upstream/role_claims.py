"""
Roles in the claims of an OpenID issuer: who may come in, who is administrator, and what role an account has.

Source: LibreChat's settings `OPENID_REQUIRED_ROLE`, `OPENID_ADMIN_ROLE` and `OPENID_ROLE_SYNC_*`.
Leaves to others: that the claims can be believed (id_token), what an account makes of it (flows.upstream).
"""

import re
from collections.abc import Mapping
from typing import Any, Protocol

from identity_service.upstream.provider import Roles

ADMIN = "ADMIN"
_LONGEST = 64
# A name, or what stands in brackets: a number, or a quoted name; nothing between two dots is a name, too.
_STEP = re.compile(
    r"""[^.\[\]]+|\[(?:(-?\d+(?:\.\d+)?)|(["'])((?:(?!\2)[^\\]|\\.)*?)\2)\]|(?=(?:\.|\[\])(?:\.|\[\]|$))"""
)
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
_ESCAPED = re.compile(r"\\(\\)?")


class Rules(Protocol):
    """The settings about roles."""

    required_role: tuple[str, ...]
    required_role_path: str | None
    required_role_token: str | None
    admin_role: str | None
    admin_role_path: str | None
    admin_role_token: str | None
    role_sync_enabled: bool
    role_sync_source: str
    role_sync_claim: str | None
    role_sync_priority: tuple[str, ...]
    role_sync_fallback: str | None


def has_required_role(rules: Rules, answers: Mapping[str, Any]) -> bool:
    """Say whether the person has one of the roles that may come in; without such a rule everybody has."""
    if not rules.required_role:
        return True
    return not set(rules.required_role).isdisjoint(
        _found(answers, rules.required_role_token, rules.required_role_path, "")
    )


def roles(rules: Rules, answers: Mapping[str, Any]) -> Roles:
    """Return what follows for the account's role: nothing where no rule says anything."""
    is_admin = None
    if rules.admin_role:
        found = _found(answers, rules.admin_role_token, rules.admin_role_path, rules.admin_role)
        is_admin = rules.admin_role in found
    return Roles(is_admin, _named(rules, answers) if rules.role_sync_enabled else None)


def _named(rules: Rules, answers: Mapping[str, Any]) -> str | None:
    held = {each.lower() for each in _found(answers, rules.role_sync_source, rules.role_sync_claim, "")}
    matching = (each for each in rules.role_sync_priority if each.lower() in held)
    chosen = next(matching, rules.role_sync_fallback)
    # Administrators are made by the rule that says so, and by no list.
    return chosen if chosen and chosen.upper() != ADMIN and len(chosen) <= _LONGEST else None


def _found(answers: Mapping[str, Any], token: str | None, path: str | None, meant: str) -> set[str]:
    """
    Return the roles at *path* in a token: a list, a text with spaces or commas between, or one role as a text.

    Many an issuer writes a list of one as its only entry, and a role such as `Domain Users` has a space of its own.
    The boolean true means *meant*: a claim that is a switch of its own.
    """
    value: Any = answers.get(token or "", {})
    for step in _steps(value, path or ""):
        value = _below(value, step)
    if isinstance(value, bool):
        return {meant} if value and meant else set()
    if isinstance(value, str):
        return {each for each in (value, *re.split(r"[\s,]+", value)) if each}
    return {each for each in value if isinstance(each, str)} if isinstance(value, list) else set()


def _steps(claims: object, path: str) -> list[str]:
    # Auth0's and others' own claims are addresses, with dots in their names.
    if isinstance(claims, dict) and path in claims:
        return [path]
    # As lodash reads it, which LibreChat asks: realm_access.roles, resource_access['my-client'].roles, groups[0].name.
    first = [""] if path.startswith(".") else []
    return [*first, *(_ESCAPED.sub(r"\1", step[3]) if step[2] else step[1] or step[0] for step in _STEP.finditer(path))]


def _below(value: object, step: str) -> Any:
    if isinstance(value, list) and _INDEX.fullmatch(step):
        return value[int(step)] if int(step) < len(value) else None
    return value.get(step) if isinstance(value, dict) else None

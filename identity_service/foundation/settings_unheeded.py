"""
Settings that are accepted for the sake of the user guide, and that nothing here heeds yet.

Whoever sets one should hear so: most of them promise a way in, or a restriction. Those that only ever concerned the
chat application itself are left out.
Leaves to others: saying it (wsgi, flows.doctor). A setting that is built is taken off the list with its first reader.
"""

from collections.abc import Iterable, Mapping

from identity_service.foundation.settings_directories import LDAP, SAML
from identity_service.foundation.settings_groups import Declared, Group, declared
from identity_service.foundation.settings_neighbours import Redis
from identity_service.foundation.settings_openid import OpenIDProvider, prefix_of
from identity_service.foundation.settings_people import Passkeys, Registration
from identity_service.foundation.settings_server import Site
from identity_service.foundation.settings_sources import Source
from identity_service.foundation.settings_upstream import OpenIDNames

UNHEEDED: Mapping[type[Group], frozenset[str]] = {
    Site: frozenset({"trust_tenant_header", "tenant_isolation_strict"}),
    Registration: frozenset({"email_login_override"}),
    Passkeys: frozenset(Passkeys.model_fields),
    LDAP: frozenset(LDAP.model_fields),
    SAML: frozenset(SAML.model_fields) - {"session_secret"},
    OpenIDNames: frozenset({"debug_requests", "entra_people_search", "entra_owners_as_members"}),
    OpenIDProvider: frozenset(
        {
            *("reuse_tokens", "reuse_max_session_age", "refresh_audience", "role_sync_api_enabled"),
            *("on_behalf_flow", "on_behalf_scope", "graph_scopes", "avatar_origins"),
            *("sync_groups", "groups_path", "groups_token", "group_source"),
        }
    ),
    Redis: frozenset(
        {
            *("cluster_safe_delete", "alternative_dns_lookup", "max_listeners", "ping_interval"),
            *("retry_max_delay", "retry_max_attempts", "connect_timeout", "enable_offline_queue"),
        }
    ),
}
"""By group, the fields that nobody reads."""


def unheeded(source: Source, openid: Iterable[str]) -> tuple[str, ...]:
    """Return the names of those that *source* sets to something else than their default; *openid* are providers."""
    return tuple(
        one.name
        for group, fields in UNHEEDED.items()
        for prefix in (map(prefix_of, openid) if group is OpenIDProvider else [""])
        for field, one in zip(group.model_fields, declared(group, prefix), strict=True)
        if field in fields and _is_set(source, one)
    )


def _is_set(source: Source, one: Declared) -> bool:
    text = source.text(one.name)
    return text is not None and text.strip().lower() != one.default.lower()

"""Where roles are in the claims of an OpenID issuer: a path as LibreChat has it, which lodash reads there."""

import pytest

from identity_service.upstream.provider import Roles
from identity_service.upstream.role_claims import has_required_role, roles
from tests.fakes.installation import settings_of

OF_THE_ISSUER = {
    "OPENID_CLIENT_ID": "chat",
    "OPENID_CLIENT_SECRET": "s" * 32,
    "OPENID_ISSUER": "https://id.example.org",
}
HELD = ["editor"]
PATHS = {
    "roles": {"roles": HELD},
    "realm_access.roles": {"realm_access": {"roles": HELD}},
    "resource_access['my-client'].roles": {"resource_access": {"my-client": {"roles": HELD}}},
    'resource_access["my.client"].roles': {"resource_access": {"my.client": {"roles": HELD}}},
    "resource_access[my-client].roles": {"resource_access": {"my-client": {"roles": HELD}}},
    "resource_access['my-client']['roles']": {"resource_access": {"my-client": {"roles": HELD}}},
    "['https://id.example.org/roles']": {"https://id.example.org/roles": HELD},
    "https://id.example.org/roles": {"https://id.example.org/roles": HELD},
    "its['o\\'hara'].roles": {"its": {"o'hara": {"roles": HELD}}},
    "groups[1].roles": {"groups": [{}, {"roles": HELD}]},
    "groups.1.roles": {"groups": [{}, {"roles": HELD}]},
    "a..b": {"a": {"": {"b": HELD}}},
    ".a.": {"": {"a": {"": HELD}}},
}
NOWHERE = ["groups[2].roles", "groups[-1].roles", "groups[01].roles", "groups['x'].roles", "groups[1].roles[0].x"]


def rules(**chosen):
    return settings_of(**OF_THE_ISSUER, **chosen).upstream.openid["openid"]


@pytest.mark.parametrize(("path", "claims"), PATHS.items(), ids=PATHS)
def test_a_path_leads_where_it_leads_in_librechat(path, claims):
    required = {"OPENID_REQUIRED_ROLE": "editor", "OPENID_REQUIRED_ROLE_PARAMETER_PATH": path}
    admin = {"OPENID_ADMIN_ROLE": "editor", "OPENID_ADMIN_ROLE_PARAMETER_PATH": path}
    synced = {"OPENID_ROLE_SYNC_CLAIM": path, "OPENID_ROLE_SYNC_ROLE_PRIORITY": "editor"}
    kinds = {"OPENID_REQUIRED_ROLE_TOKEN_KIND": "id", "OPENID_ADMIN_ROLE_TOKEN_KIND": "id"}
    known = rules(**required, **admin, **synced, **kinds, OPENID_ROLE_SYNC_ENABLED="true")

    assert has_required_role(known, {"id": claims})
    assert roles(known, {"id": claims}) == Roles(is_admin=True, named="editor")
    assert not has_required_role(known, {"id": {}})


@pytest.mark.parametrize("path", NOWHERE)
def test_what_is_not_there_is_no_role(path):
    place = {"OPENID_REQUIRED_ROLE_PARAMETER_PATH": path, "OPENID_REQUIRED_ROLE_TOKEN_KIND": "id"}

    assert not has_required_role(rules(OPENID_REQUIRED_ROLE="editor", **place), {"id": PATHS["groups[1].roles"]})

"""
Any OpenID issuer: Cognito, Entra ID, Keycloak, Okta, Auth0 and whoever else obeys the specification.

`OPENID_*` configures the first, `OPENID_PROVIDERS` names more, each with settings of its own.
Law: OpenID Connect Core 1.0 §5.1 (claims), §5.7 (`sub` and `iss` are the key, an address is not).
Source: LibreChat's OpenID strategy, for which claims make which name and for what roles do.
Leaves to others: roles in claims (role_claims).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from identity_service.upstream.answers import cleaned
from identity_service.upstream.id_token import KINDS, IDToken
from identity_service.upstream.provider import Farewell, Identity, Line, NotProven, Reason, Roles
from identity_service.upstream.role_claims import has_required_role, roles

_KINDS_OF_ACCESS = frozenset({*KINDS, "at+jwt", "application/at+jwt"})


class OpenID(IDToken):
    """One OpenID issuer."""

    name, label = "openid", "OpenID"

    @classmethod
    def configured(cls, clients: Mapping[str, Any], openid: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ARG003
        """Return the settings of each issuer that is switched on, by its name."""
        return openid

    def configure(self) -> None:
        """Take over what the settings say."""
        chosen = self.client
        self.issuer = chosen.issuer
        self.tolerance = chosen.clock_tolerance
        self.trusted_audiences = frozenset(chosen.audience)
        self.keys_kept = chosen.jwks_cache_time * int(chosen.jwks_cache_enabled)
        self.asks = {"audience": chosen.audience[0]} if chosen.audience else {}

    @property
    def button(self) -> str:
        """What the button says."""
        return str(self.client.button_label)

    @property
    def title(self) -> str:
        """What the issuer is called where its people are connected with it."""
        return self.label if self.called == self.name else self.called.capitalize()

    @property
    def image(self) -> str | None:
        """The picture on the button."""
        return self.client.image_url  # type: ignore[no-any-return]

    @property
    def goes_at_once(self) -> bool:
        """Whether the sign-in page goes to this provider without a press."""
        return bool(self.client.auto_redirect)

    @property
    def parting(self) -> Roles:
        """What follows for the role as if the issuer named none: nobody vouches for it any more."""
        return roles(self.client, {})

    def wanted_scopes(self) -> tuple[str, ...]:
        """Return what is asked for."""
        return tuple(self.client.scope.split())

    def identity(self, answers: Mapping[str, Any]) -> Identity:
        """Return who that is; userinfo is heard before the ID token."""
        claims = {**answers["id"], **answers["userinfo"]}
        email, is_verified = self._address(answers, claims)
        if not has_required_role(self.client, answers):
            raise NotProven(Reason.ROLE, "none of the required roles")
        told = self.known(
            answers["id"].get("sub"),
            issuer=answers["id"]["iss"],
            email=email,
            email_verified=is_verified,
            username=self._username(claims),
            name=self._name(claims),
            avatar=claims.get("picture"),
        )
        kept = answers["id_token"] if self.client.use_end_session else ""
        return replace(told, roles=roles(self.client, answers), follows_names=True, id_token=kept)

    def read_access_token(self, access_token: str, claims: Mapping[str, Any], line: Line) -> Mapping[str, Any]:
        """
        Return the claims of the access token if a setting looks for roles there, and the issuer has signed it.

        It is made for somebody else's eyes: one that the issuer's published keys do not verify, or that is about
        somebody else, says nothing.
        """
        kinds = {self.client.required_role_token, self.client.admin_role_token}
        if "access" not in kinds | ({self.client.role_sync_source} if self.client.role_sync_enabled else set()):
            return {}
        try:
            told = self.verified(access_token, _KINDS_OF_ACCESS, line).claims
        except NotProven:
            return {}
        return told if told.get("sub") == claims["sub"] else {}

    def farewell(self, identity: Identity) -> Farewell | None:
        """Return how this person will sign out there, when that is asked for and the issuer can."""
        endpoint = self.end_session_endpoint
        return Farewell(endpoint, identity.id_token) if identity.id_token and endpoint else None

    def _address(self, answers: Mapping[str, Any], claims: Mapping[str, Any]) -> tuple[object, bool]:
        """Return the address, and whether the issuer says of this very one that it is verified."""
        chosen = self.client.email_claim
        names = ([chosen] if chosen else []) + ["email", "preferred_username", "upn"]
        name = next((each for each in names if "@" in (cleaned(claims.get(each), 254) or "")), "email")
        address = claims.get(name)
        # Cognito's userinfo writes a word where its ID token has a boolean: a source counts that says true, and none
        # that has an address of its own may say false, or write it. A user name in the form of an address is vouched
        # for by nobody.
        sources = [each for each in (answers["id"], answers["userinfo"]) if each.get("email") == address]
        flags = [each.get("email_verified") for each in sources]
        is_denied = any(flag in (False, "false") for flag in flags)
        return address, name == "email" and any(flag is True for flag in flags) and not is_denied

    def _username(self, claims: Mapping[str, Any]) -> object:
        if self.client.username_claim:
            return claims.get(self.client.username_claim)
        found = next((claims[each] for each in ("preferred_username", "username", "email") if claims.get(each)), "")
        return "_".join(map(str, found)) if isinstance(found, list) else found

    def _name(self, claims: Mapping[str, Any]) -> object:
        if self.client.name_claim:
            return claims.get(self.client.name_claim)
        parts = [claims[each] for each in ("given_name", "family_name") if isinstance(claims.get(each), str)]
        return " ".join(parts) or next((claims[each] for each in ("name", "username", "email") if claims.get(each)), "")

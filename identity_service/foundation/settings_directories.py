"""
Directories of an organisation: LDAP and SAML, under LibreChat's names.

Leaves to others: everything but the names and their form; nothing here signs anybody in.
"""

from collections.abc import Iterator
from typing import Annotated

from identity_service.foundation.settings_groups import Group, setting
from identity_service.foundation.settings_kinds import (
    Names,
    OptionalAddress,
    OptionalFile,
    OptionalSecret,
    OptionalStrongSecret,
    OptionalText,
    Switch,
    Text,
    plain,
    split_address,
    unless_blank,
)


def _ldap_address(text: str) -> str:
    split_address(plain(text), "ldap", "ldaps")
    return plain(text)


class LDAP(Group):
    """A directory that answers for local passwords."""

    url: Annotated[str | None, unless_blank(_ldap_address)] = setting("LDAP_URL", "", "ldap://host or ldaps://host.")
    search_base: OptionalText = setting("LDAP_USER_SEARCH_BASE", "", "Where people are in the tree.")
    search_filter: Text = setting("LDAP_SEARCH_FILTER", "mail={{username}}", "How a person is found.")
    bind_dn: OptionalText = setting("LDAP_BIND_DN", "", "Who asks the directory.")
    bind_credentials: OptionalSecret = setting("LDAP_BIND_CREDENTIALS", "", "The password of LDAP_BIND_DN.")
    ca_cert_path: OptionalFile = setting("LDAP_CA_CERT_PATH", "", "File of the certificate authority for ldaps://.")
    tls_reject_unauthorized: Switch = setting("LDAP_TLS_REJECT_UNAUTHORIZED", "true", "Certificates are checked.")
    starttls: Switch = setting("LDAP_STARTTLS", "false", "The connection is encrypted after it is made.")
    login_uses_username: Switch = setting(
        "LDAP_LOGIN_USES_USERNAME", "false", "People type a user name, not an address."
    )
    id_attribute: OptionalText = setting("LDAP_ID", "", "Attribute of the key; uid, sAMAccountName or mail when unset.")
    username_attribute: OptionalText = setting(
        "LDAP_USERNAME", "", "Attribute of the user name; givenName or mail when unset."
    )
    email_attribute: OptionalText = setting("LDAP_EMAIL", "", "Attribute of the address; mail when unset.")
    full_name_attributes: Names = setting("LDAP_FULL_NAME", "", "Attributes of the full name, with commas between.")

    def contradictions(self) -> Iterator[str]:
        """A directory is whole or absent."""
        if bool(self.url) != bool(self.search_base):
            yield "LDAP_URL and LDAP_USER_SEARCH_BASE must be set both or neither."


class SAML(Group):
    """A SAML identity provider."""

    entry_point: OptionalAddress = setting("SAML_ENTRY_POINT", "", "Where people are sent to sign in.")
    issuer: OptionalText = setting("SAML_ISSUER", "", "How we are known there.")
    certificate: Annotated[str | None, unless_blank(str)] = setting(
        "SAML_CERT", "", "A path, a PEM text or its base64 body."
    )
    callback_url: Text = setting("SAML_CALLBACK_URL", "/oauth/saml/callback", "Where people come back to.")
    session_secret: OptionalStrongSecret = setting("SAML_SESSION_SECRET", "", "LibreChat's; 32 bytes or more.")
    email_claim: Text = setting("SAML_EMAIL_CLAIM", "email", "The claim of the address.")
    username_claim: Text = setting("SAML_USERNAME_CLAIM", "username", "The claim of the user name.")
    given_name_claim: Text = setting("SAML_GIVEN_NAME_CLAIM", "given_name", "The claim of the given name.")
    family_name_claim: Text = setting("SAML_FAMILY_NAME_CLAIM", "family_name", "The claim of the family name.")
    picture_claim: Text = setting("SAML_PICTURE_CLAIM", "picture", "The claim of the picture.")
    name_claim: OptionalText = setting(
        "SAML_NAME_CLAIM", "", "The claim of the full name; given and family name when unset."
    )
    button_label: Text = setting("SAML_BUTTON_LABEL", "Continue with SAML", "What the button says.")
    image_url: OptionalText = setting("SAML_IMAGE_URL", "", "The picture on the button.")
    use_signed_response: Switch = setting(
        "SAML_USE_AUTHN_RESPONSE_SIGNED", "false", "The response is signed; otherwise the assertion is."
    )
    name_id_format: OptionalText = setting("SAML_NAME_ID_FORMAT", "", "The form of the name that is asked for.")
    idp_issuer: OptionalText = setting("SAML_IDP_ISSUER", "", "The issuer that answers must come from.")

    def contradictions(self) -> Iterator[str]:
        """A provider is whole or absent."""
        parts = (self.entry_point, self.issuer, self.certificate)
        if any(parts) and not all(parts):
            yield "SAML_ENTRY_POINT, SAML_ISSUER and SAML_CERT must be set together."

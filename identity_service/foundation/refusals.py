"""
What a person may not do, or said wrong: one branch of the tree that `errors` draws.

The words are LibreChat's wherever its front end shows them.
"""

from identity_service.foundation.fault import IdentityFault


class Refused(IdentityFault):
    """The person may not do this, or said something wrong."""


class WrongCredentials(Refused):
    """No such address or a wrong password; the two are never told apart."""

    code = "wrong_credentials"
    message = "Email or password is incorrect."


class InvalidInput(Refused):
    """A field does not obey its rule."""

    code = "invalid_input"
    message = "The input is not valid."


class EmailUnverified(Refused):
    """The address has not been verified yet."""

    code = "email_unverified"
    message = "Email not verified."


class EmailLoginOff(Refused):
    """Signing in with a password is switched off."""

    code = "email_login_off"
    message = "Email login is not allowed."


class RegistrationClosed(Refused):
    """Signing up is switched off."""

    code = "registration_closed"
    message = "Registration is not allowed."


class AddressNotAllowed(Refused):
    """The domain of the address is not on the operator's list."""

    code = "email_domain_not_allowed"
    message = "The email address provided cannot be used. Please use a different email address."


class AccountClosing(Refused):
    """The account is being deleted."""

    code = "account_closing"
    message = "This account is being deleted."


class SignInRequired(Refused):
    """No access token came, or none that is good."""

    code = "sign_in_required"
    message = "Unauthorized"


class InvalidRefreshToken(Refused):
    """The refresh token is not one of ours, or it is past its end."""

    code = "invalid_refresh_token"
    message = "Invalid refresh token"


class SessionEnded(Refused):
    """The session was signed out, has expired, or saw an old refresh token."""

    code = "session_ended"
    message = "Refresh token expired or not found for this user"


class SessionGone(SessionEnded):
    """The same, told to a client that already tried once more."""

    code = "session_gone"
    message = "No session found"


class SessionUnknown(Refused):
    """Not one of this person's sessions."""

    code = "session_unknown"
    message = "No such session."


class UserUnknown(Refused):
    """Nobody has this address."""

    code = "user_unknown"
    message = "No user with that email was found."


class AddressTaken(Refused):
    """Somebody has this address already."""

    code = "address_taken"
    message = "A user with that email already exists."


class ClientUnknown(Refused):
    """No client has this id."""

    code = "client_unknown"
    message = "No client with that id was found."


class ConsentUnknown(Refused):
    """The person has allowed this client nothing."""

    code = "consent_unknown"
    message = "No such consent."


class AccountDeletionOff(Refused):
    """People may not delete their own account."""

    code = "account_deletion_off"
    message = "You do not have permission to delete this account"

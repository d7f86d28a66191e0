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


class FreshSignInRequired(Refused):
    """What is asked for needs a sign-in of the last few minutes."""

    code = "fresh_sign_in_required"
    message = "Please sign out and in again first: this needs a sign-in of the last few minutes."


class PasswordResetOff(Refused):
    """Choosing a new password by a link is switched off, or there is no mail to send one with."""

    code = "password_reset_off"
    message = "Password reset is not allowed."


class InvalidResetToken(Refused):
    """The link was used, is out of date, or was never ours; which of them is nobody's business."""

    code = "invalid_reset_token"
    message = "Invalid or expired password reset token"


class InvalidVerificationToken(Refused):
    """The same for the link that proves an address."""

    code = "invalid_verification_token"
    message = "Invalid or expired email verification token"


class CurrentPasswordWrong(Refused):
    """Who wants to change something that matters did not know the present password."""

    code = "current_password_invalid"
    message = "Incorrect password"


class EmailChangeOff(Refused):
    """ALLOW_EMAIL_CHANGE is off."""

    code = "email_change_disabled"
    message = "Changing the email address is not allowed."


class MailNotConfigured(Refused):
    """What was asked for needs a letter, and there is no mail to send one with."""

    code = "email_service_unavailable"
    message = "This service cannot send email."


class LocalAccountRequired(Refused):
    """The account belongs to a provider, which alone can change this."""

    code = "local_account_required"
    message = "This is only possible for accounts with a password."


class SameAddress(Refused):
    """The new address is the present one."""

    code = "same_email"
    message = "This is your email address already."


class Banned(Refused):
    """The person or the address is banned; which of them, why and until when is not told."""

    code = "banned"
    message = "Your account has been temporarily banned due to violations of our service."


class ViolationUnknown(Refused):
    """No violation has this name."""

    code = "violation_unknown"
    message = "No violation has this type."


class BanUnknown(Refused):
    """Nobody is banned under this name."""

    code = "ban_unknown"
    message = "There is no such ban."


class TooManyAttempts(Refused):
    """Too many tries within the window; the next may come after `Retry-After` seconds."""

    code = "too_many_attempts"
    message = "Too many attempts, please try again after 2 minute(s)"

    def __init__(self, message: str | None = None, *, detail: str = "", retry_after: int = 1) -> None:
        """Keep how many seconds the person should wait."""
        super().__init__(message, detail=detail)
        self.retry_after = retry_after


class AccountDeletionOff(Refused):
    """People may not delete their own account."""

    code = "account_deletion_off"
    message = "You do not have permission to delete this account"

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


class StrangeArrival(Refused):
    """Back from a provider without a trip: unknown, too late, for the second time or in another browser."""

    code = "upstream_strange_arrival"
    message = "This sign-in took too long, or began somewhere else. Please try again."


class UpstreamOff(Refused):
    """No provider of this name is switched on."""

    code = "upstream_off"
    message = "Signing in this way is not possible here."


class UpstreamDenied(Refused):
    """The person, or the provider, said no."""

    code = "upstream_denied"
    message = "The sign-in was not completed there. Please try again, or sign in another way."


class UpstreamSilent(Refused):
    """The provider did not answer in time, or not with a whole answer."""

    code = "upstream_unreachable"
    message = "The other side does not answer right now. Please try again later, or sign in another way."


class UpstreamUntrusted(Refused):
    """The provider's answer proves nothing."""

    code = "upstream_untrusted"
    message = "The answer of the other side could not be verified. Please try again, or sign in another way."


class UpstreamRoleMissing(Refused):
    """The provider knows the person, but not in a role that may come in."""

    code = "upstream_role_missing"
    message = "Your account there does not have the role that is needed here."


class UpstreamAddressMissing(Refused):
    """The provider tells no address, and nobody can have an account without one."""

    code = "upstream_address_missing"
    message = "The other side did not tell an email address, which an account here needs."


class AccountExists(Refused):
    """There is an account with this address that the provider's word alone does not open."""

    code = "account_exists_link_first"
    message = "There is an account with this email address already. Sign in to it the way you did before."


class LinkingOff(Refused):
    """Connecting a provider to an account is switched off."""

    code = "account_linking_off"
    message = "Connecting accounts is not allowed."


class FreshSignInRequired(Refused):
    """What is asked for needs a sign-in of the last few minutes."""

    code = "fresh_sign_in_required"
    message = "Please sign out and in again first: this needs a sign-in of the last few minutes."


class LinkTaken(Refused):
    """The provider's account belongs to somebody else here, or this account to somebody else there."""

    code = "link_taken"
    message = "That account is connected to another account here, or another one is connected to yours already."


class LinkUnknown(Refused):
    """The account is not connected to this provider."""

    code = "link_unknown"
    message = "No such connection."


class LastWayIn(Refused):
    """Without this connection nobody could sign in to the account any more."""

    code = "last_way_in"
    message = "This is the only way into your account. Choose a password or connect another account first."

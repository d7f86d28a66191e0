"""
What a person may not do by way of a provider: more leaves of the branch that `errors` draws.
"""

from identity_service.foundation.refusals import Refused


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

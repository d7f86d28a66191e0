"""
What happens when a browser comes back from which somebody has signed in before.
"""

from dataclasses import dataclass

from identity_service.accounts.addresses import NotAnAddress, canonical
from identity_service.accounts.users import Person
from identity_service.moderation.devices import Devices


@dataclass(frozen=True)
class KnownDevices:
    """Tells a browser of the person's own from all the others that know nothing but the address."""

    devices: Devices

    def known(self, cookie: str, email: str) -> str:
        """Return the id of the device if somebody with this address signed in with it before, else nothing."""
        account = _account(email) if cookie else ""
        return self.devices.known(cookie, account) if account else ""

    def after_sign_in(self, cookie: str, person: Person) -> str:
        """Return what the browser carries from now on."""
        return self.devices.after_sign_in(cookie, _account(person.email))


def _account(email: str) -> str:
    try:
        return canonical(email)
    except NotAnAddress:
        return ""

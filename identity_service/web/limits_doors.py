"""
Which door is limited how: one table, by method and path, for the pages and the interfaces alike.

Texts and defaults are LibreChat's. A door that is not in this table is not limited: whoever refreshes, verifies or
introspects must show something that nobody guesses.
Leaves to others: counting (limits).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from identity_service.foundation import errors
from identity_service.foundation.errors import IdentityFault

_VALUE = re.compile(r"<[^>]+>|\{[^}]+\}")


@dataclass(frozen=True)
class Rule:
    """
    What is counted together at one address, or of one person where somebody is signed in and the rule `is_personal`.

    Where the rule `is_of_password`, a try counts at the account that was typed and over all accounts as well. `scope`
    names the bucket and `kind` the violation; `most` and `window` are settings; `sentence` is what a person reads who
    tries more often. Where it `is_on_the_way`, people come from other sites.
    """

    scope: str
    kind: str
    most: str
    window: str
    sentence: str
    is_personal: bool = False
    is_of_password: bool = False
    is_on_the_way: bool = False

    def text(self, window: timedelta) -> str:
        """Return the sentence for *window*."""
        return self.sentence.format(minutes=f"{window / timedelta(minutes=1):g}")


_TOO_MANY_LOGINS = "Too many login attempts, please try again after {minutes} minutes."
_TOO_MANY_ACCOUNTS = "Too many accounts created, please try again after {minutes} minutes"
_TOO_MANY_ATTEMPTS = "Too many attempts, please try again after {minutes} minute(s)"
_TOO_MANY_STEPS = "Too many verification attempts, please try again after {minutes} minutes."

LOGIN = Rule("login", "logins", "login_max", "login_window", _TOO_MANY_LOGINS, is_of_password=True)
REGISTER = Rule("register", "registrations", "register_max", "register_window", _TOO_MANY_ACCOUNTS)
RESET = Rule("reset", "reset_password_limit", "reset_password_max", "reset_password_window", _TOO_MANY_ATTEMPTS)
NEW_PASSWORD = Rule(
    "new_password",
    "reset_password_submission",
    "reset_password_submission_max",
    "reset_password_submission_window",
    _TOO_MANY_ATTEMPTS,
)
LETTER = Rule("letter", "verify_email_limit", "verify_email_max", "verify_email_window", _TOO_MANY_ATTEMPTS)
VERIFICATION = Rule(
    "verification",
    "verify_email_submission",
    "verify_email_submission_max",
    "verify_email_submission_window",
    _TOO_MANY_ATTEMPTS,
)
SECOND_STEP = Rule("second_step", "two_factor_limit", "two_factor_max", "two_factor_window", _TOO_MANY_STEPS)
# Whoever has stolen a session does not know the password, and may come from anywhere.
CONFIRMATION = Rule("confirmation", "logins", "login_account_max", "login_window", _TOO_MANY_STEPS, is_personal=True)
# One bucket for both would let one sign-in count twice.
OAUTH_START = Rule("oauth_start", "logins", "login_max", "login_window", _TOO_MANY_LOGINS, is_on_the_way=True)
OAUTH_CALLBACK = Rule("oauth_callback", "logins", "login_max", "login_window", _TOO_MANY_LOGINS, is_on_the_way=True)

_DOORS: dict[tuple[str, str], Rule] = {
    ("POST", "/api/auth/login"): LOGIN,
    ("POST", "/login"): LOGIN,
    ("POST", "/api/auth/register"): REGISTER,
    ("POST", "/register"): REGISTER,
    ("POST", "/api/auth/requestPasswordReset"): RESET,
    ("POST", "/forgot-password"): RESET,
    ("POST", "/api/auth/resetPassword"): NEW_PASSWORD,
    ("POST", "/reset-password"): NEW_PASSWORD,
    ("POST", "/api/user/verify/resend"): LETTER,
    ("POST", "/verify/resend"): LETTER,
    ("POST", "/api/user/verify"): VERIFICATION,
    ("POST", "/verify"): VERIFICATION,
    ("POST", "/api/auth/2fa/verify-temp"): SECOND_STEP,
    ("PUT", "/api/user/password"): CONFIRMATION,
    ("POST", "/account/password"): CONFIRMATION,
    ("PUT", "/api/user/email"): CONFIRMATION,
    ("POST", "/account/email"): CONFIRMATION,
    ("GET", "/oauth/{}"): OAUTH_START,
    ("GET", "/oauth/{}/callback"): OAUTH_CALLBACK,
    ("POST", "/oauth/{}/callback"): OAUTH_CALLBACK,
}


def rule_of(method: str, path: str) -> Rule | None:
    """Return the rule of a door, whose *path* may hold `<name>` or `{name}`; HEAD opens the same door as GET."""
    return _DOORS.get(("GET" if method == "HEAD" else method, _VALUE.sub("{}", path)))


def refusals(method: str, path: str) -> Iterable[type[IdentityFault]]:
    """Return what a limited door may answer because of its limit."""
    return (errors.Banned, errors.CrossSite, errors.TooManyAttempts) if rule_of(method, path) else ()

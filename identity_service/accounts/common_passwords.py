"""
The most used passwords, as a block-list.

The list beside this module holds, of those with eight characters and more, the 10,000 most frequent ones of SecLists'
ten million, its older 10,000, Django's 20,000 and zxcvbn's 30,000; common_passwords.LICENSE names their licences.
Law: OWASP ASVS 5.0 6.2.4, NIST SP 800-63B-4 §3.1.1.2.
"""

from functools import cache
from importlib.resources import files


def is_common(password: str) -> bool:
    """Say whether *password*, in any case, is on the list."""
    return "\n" not in password and f"\n{password.casefold()}\n" in _listed()


@cache
def _listed() -> str:
    # One text of 0.2 MB, looked through in 0.1 ms before a hash of 25: as a set of strings it is 2 MB.
    return "\n" + files("identity_service.accounts").joinpath("common_passwords.txt").read_text("utf-8")

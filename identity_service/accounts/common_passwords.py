"""
The most used passwords, as a block-list.

The list beside this module holds those of eight characters and more from the 30,000 most frequent ones
of zxcvbn 4.5 (Dropbox, Inc., MIT licence).
Law: OWASP ASVS 5.0 6.2.4, NIST SP 800-63B-4 §3.1.1.2.
"""

from functools import cache
from importlib.resources import files


def is_common(password: str) -> bool:
    """Say whether *password*, in any case, is on the list."""
    return password.casefold() in _listed()


@cache
def _listed() -> frozenset[str]:
    text = files("identity_service.accounts").joinpath("common_passwords.txt").read_text("utf-8")
    return frozenset(text.split("\n")) - {""}

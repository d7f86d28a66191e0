"""
/account/close: a person leaves for good, after typing their own address.
"""

from http import HTTPStatus
from typing import Any

from flask import Response

from identity_service.foundation.errors import AccountDeletionOff
from identity_service.web import cookies
from identity_service.web.context import services
from identity_service.web.contract import parse_form
from identity_service.web.csrf import refuse_cross_site
from identity_service.web.pages.page import go, show
from identity_service.web.pages.page_faults import pages
from identity_service.web.pages.ways_in import sign_in_again, sign_in_first

close_account_pages = pages("close_account_pages")
close_account_pages.before_request(refuse_cross_site)

_ANOTHER = "This is not the address of this account."


@close_account_pages.get("/account/close")
def ask_to_close() -> Response:
    """Ask; without the operator's leave there is nothing to ask."""
    active = cookies.browser_session()
    if active is None:
        return go("/login")
    if not services().close_account.is_open:
        raise AccountDeletionOff
    return _question(person=active.person)


@close_account_pages.post("/account/close")
def close() -> Response:
    """Close the account, if it is the one that was named."""
    active = cookies.browser_session()
    if active is None:
        return go(sign_in_first())
    typed = parse_form().get("email", "").strip()
    if typed.casefold() != active.person.email.casefold():
        return _question(HTTPStatus.BAD_REQUEST, person=active.person, problem=_ANOTHER)
    services().close_account.by_oneself(active)
    return cookies.take_back(go(sign_in_again()))


def _question(status: int = HTTPStatus.OK, **values: Any) -> Response:
    return show("close_account.html", status, has_chat=services().close_account.has_chat, **values)

"""
Signing in from LibreChat's own form, in front of Flask.

Each hash sweeps the processor's caches, so whatever stands beside it is paid three times over.
"""

from http import HTTPStatus

from pydantic import ValidationError

from identity_service.flows.outcomes import Visitor
from identity_service.foundation.errors import IdentityFault, TooManyAttempts
from identity_service.web import usual
from identity_service.web.api.auth import LoginBody, open_session
from identity_service.web.api.people import after_sign_in
from identity_service.web.context import REQUEST_ID, visitor_of
from identity_service.web.contract import JSON, parse_json
from identity_service.web.cookie_jar import CookieJar
from identity_service.web.entrance import Environ
from identity_service.web.limits_doors import LOGIN
from identity_service.web.replies import Told, answer_fault
from identity_service.web.tries import Tries

PATH = "/api/auth/login"
_HEADERS = [("Content-Type", JSON), ("Cache-Control", "no-store")]


class ExpressSignIn:
    """Answers what Flask's view would answer to a form that is filled in."""

    def __init__(self, tries: Tries) -> None:
        """Sign people in at the installation whose *tries* these are."""
        self._tries = tries

    def __call__(self, environ: Environ) -> Told | None:
        """Return the answer, None if the request is for Flask."""
        raw = usual.body(environ, JSON)
        if raw is None:
            return None
        try:
            form = LoginBody.model_validate(parse_json(raw))
        except (IdentityFault, ValidationError):
            usual.give_back(environ, raw)
            return None
        jar, who = CookieJar(usual.cookies(environ), self._tries.asked), visitor_of(environ)
        at_network, retry_after = self._tries.at_network(LOGIN, who), None
        full = self._tries.take((at_network, *self._tries.at_account(form.email, jar.device)))
        try:
            if full:
                self._tries.refuse(LOGIN, full, who)
            told = self._open(form, jar, who)
        except IdentityFault as fault:
            told = answer_fault(fault, PATH, environ.get(REQUEST_ID, ""))
            retry_after = fault.retry_after if isinstance(fault, TooManyAttempts) else None
        return told._replace(headers=[*told.headers, *self._tries.left(at_network, retry_after)])

    def _open(self, form: LoginBody, jar: CookieJar, who: Visitor) -> Told:
        signed_in = open_session(self._tries.asked, form.email, form.password, who, jar.session())
        body = after_sign_in(signed_in).model_dump_json(by_alias=True).encode()
        return Told(HTTPStatus.OK, [*_HEADERS, *jar.after_sign_in(signed_in)], body)

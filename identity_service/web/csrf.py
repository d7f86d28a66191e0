"""
Forms are accepted from our own pages only, and no page of another site uses up the tries of whoever looks at it.

A browser says where a request comes from: Sec-Fetch-Site, and Origin where it does not know that header yet.
No token and no state is needed, and nothing is left to forget in a template.
Law: Fetch Metadata, W3C; OWASP ASVS 5.0 3.5.1; RFC 6454 (Origin).
"""

from urllib.parse import urlsplit

from flask import request

from identity_service.foundation.errors import CrossSite
from identity_service.web.context import services

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_UNSAID_PORTS = {"http": ":80", "https": ":443"}


def refuse_cross_site() -> None:
    """
    Let the present request pass if it is safe or comes from our own pages.

    Raises:
        CrossSite: another site sent the form, or nobody says who did.
    """
    if request.method in _SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site != "same-origin":
            raise CrossSite
        return
    if request.headers.get("Origin", "") not in _own_origins():
        raise CrossSite


def refuse_unasked(*, is_on_the_way: bool) -> None:
    """
    Let the present request pass unless a browser says that a page of another site has made it.

    Programs say nothing of the kind, and what browsers say can make nothing pass.

    Args:
        is_on_the_way: people come here from other sites, too: then a whole page is wanted.

    Raises:
        CrossSite: a page of another site made it behind the visitor's back.
    """
    said = request.headers
    if said.get("Sec-Fetch-Site") != "cross-site":
        return
    is_whole_page = said.get("Sec-Fetch-Mode", "navigate") == "navigate" and said.get("Sec-Fetch-Dest") != "iframe"
    if not (is_on_the_way and is_whole_page):
        raise CrossSite


def _own_origins() -> set[str]:
    # Whoever sits between may rewrite Host; the configured addresses are ours in any case.
    site = services().settings.site
    return {_origin(site.domain_server), _origin(site.domain_client), f"{request.scheme}://{request.host}"}


def _origin(address: str) -> str:
    # As a browser writes it, however it stands in the settings.
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(_UNSAID_PORTS.get(parts.scheme, ''))}"

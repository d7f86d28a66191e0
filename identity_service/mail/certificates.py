"""
Whom a mail server has to be when the line to it is encrypted, and what its certificate says.

Law: RFC 9525 (whose certificate it is), RFC 8996 (no TLS before 1.2).
Leaves to others: whether a line is encrypted (postman).
"""

import ssl
from pathlib import Path
from socket import socket
from typing import Any

from identity_service.mail.delivering import UNVERIFIED


class Trust(ssl.SSLContext):
    """A context that expects a certain name, whatever the server is called here."""

    expected: str

    def wrap_socket(self, sock: socket, *_: Any, **__: Any) -> ssl.SSLSocket:
        """Encrypt *sock*."""
        return super().wrap_socket(sock, server_hostname=self.expected)


def trust(hostname: str, ca_file: Path | None, *, accepts_any_certificate: bool) -> Trust:
    """Return what expects the certificate of *hostname*, by the authorities of the system and those in *ca_file*."""
    context = Trust(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    context.expected = hostname
    if accepts_any_certificate:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    context.load_default_certs()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


def certificate(held: ssl.SSLSocket) -> str:
    """Return what the certificate at the other end of *held* says, for an operator."""
    shown = held.getpeercert()
    if not shown:
        return UNVERIFIED
    names: Any = shown.get("subjectAltName", ())
    issuer: Any = shown.get("issuer", ())
    by = next((value for part in reversed(issuer) for name, value in part if name.endswith("Name")), "unknown")
    return f"{', '.join(value for _, value in names)}, issued by {by}, good until {shown.get('notAfter')}"

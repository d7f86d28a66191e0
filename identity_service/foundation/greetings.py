"""
Greetings: whether a mail server answers when it is spoken to.

Law: RFC 5321 §4.2 (a mail server greets with 220).
Leaves to others: letters themselves.
"""

import smtplib

_SECONDS = 5.0


def of_mail_server(host: str, port: int, *, is_encrypted: bool) -> str | None:
    """Greet the mail server and leave again; return what went wrong, None if nothing did."""
    try:
        kind = smtplib.SMTP_SSL if is_encrypted else smtplib.SMTP
        with kind(host, port, timeout=_SECONDS) as server:
            code, _ = server.noop()
    except (OSError, smtplib.SMTPException) as fault:
        return str(fault) or type(fault).__name__
    return None if code == 250 else f"it answered {code}"  # noqa: PLR2004 - RFC 5321's "well"

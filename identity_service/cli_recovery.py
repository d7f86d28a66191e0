"""
The operator's part in recovery: a link to a new password, handed over by hand, and the end of every session.
"""

import click

from identity_service.cli_frame import AS_JSON, YES, say, services_here


@click.command("reset-link")
@click.argument("email")
@YES
@AS_JSON
def reset_link(email: str, *, yes: bool, as_json: bool) -> None:  # noqa: ARG001 - it asks nothing
    """Print a link by which the person with this EMAIL chooses a new password; it is good once, for 15 minutes."""
    with services_here() as services:
        link = services.recovery.recover.by_operator(email)
    say({"email": email, "link": link}, [link], as_json=as_json)


@click.command("revoke-sessions")
@click.argument("email")
@YES
@AS_JSON
def revoke_sessions(email: str, *, yes: bool, as_json: bool) -> None:  # noqa: ARG001 - it asks nothing
    """End every session of the person with this EMAIL, on every device and with every application."""
    with services_here() as services:
        ended = services.sign_out.by_operator(email)
    say({"email": email, "sessions": ended}, [f"Ended {ended} sessions of {email}."], as_json=as_json)


COMMANDS = (reset_link, revoke_sessions)

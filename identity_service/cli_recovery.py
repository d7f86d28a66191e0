"""
The operator's part in recovery: a link to a new password, to be handed over where no letter can take it.
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


COMMANDS = (reset_link,)

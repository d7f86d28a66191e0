"""
The operator's command that asks whether all is well: doctor.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import click

from identity_service.cli_frame import AS_JSON, REFUSED, WRONG_USE, say, services_here
from identity_service.cli_mail import prove_mail
from identity_service.cli_words import printable
from identity_service.foundation.engine import create_nothing
from identity_service.foundation.errors import Misconfigured
from identity_service.wiring import Services

_FIX_SETTINGS = "Correct it in .env; .env.example explains every setting."


@click.command("doctor")
@click.option("--mail", "address", default=None, metavar="ADDRESS", help="Only send a letter there, now.")
@AS_JSON
def doctor(*, address: str | None, as_json: bool) -> None:
    """Walk through everything that people need, and say what is wrong, why, and what to do about it."""
    if address is not None:
        prove_mail(address, as_json=as_json)
        return
    with _services(as_json=as_json) as services:
        examined = []
        for each in services.upkeep().doctor.examine():
            examined.append(each)
            if not as_json:
                _show(each.area, [asdict(finding) for finding in each.findings])
    is_well = all(each.is_well for each in examined)
    findings = [{"area": each.area, **asdict(finding)} for each in examined for finding in each.findings]
    facts = {"well": is_well, "examined": [each.area for each in examined], "findings": findings}
    say(facts, ["All is well." if is_well else "All is not well."], as_json=as_json)
    sys.exit(0 if is_well else REFUSED)


COMMANDS = (doctor,)


@contextmanager
def _services(*, as_json: bool) -> Iterator[Services]:
    """Lend the services; wrong settings are findings like others, but nothing else can be looked at then."""
    try:
        with services_here(migrated=False) as services:
            create_nothing(services.database.engine)
            yield services
    except Misconfigured as fault:
        told = {"code": "setting_wrong", "fix": _FIX_SETTINGS, "severity": "wrong"}
        findings = [{"area": "settings", **told, "cause": problem} for problem in fault.problems]
        if not as_json:
            _show("settings", findings)
        facts = {"well": False, "examined": ["settings"], "findings": findings}
        say(facts, ["All is not well."], as_json=as_json)
        sys.exit(WRONG_USE)


def _show(area: str, findings: list[dict[str, str]]) -> None:
    if not findings:
        click.echo(f"ok      {area}")
    for finding in findings:
        click.echo(printable(f"{finding['severity']:<7} {area}: {finding['cause']} [{finding['code']}]"))
        click.echo(printable(f"        {finding['fix']}"))

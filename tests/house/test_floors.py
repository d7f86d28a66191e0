"""
Imports go down, each outside package has one home, and nothing is imported behind a door.

The tables are the rule. Whoever needs a line more in them adds it here, in sight, with the reason.
"""

import sys
from fnmatch import fnmatchcase
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.house.tree import HOUSE, ROOT, Module, modules, within

CAPABILITIES = ("accounts", "factors", "sessions", "upstream", "oidc", "moderation", "keys", "mail", "chat")
SHARED_FLOWS = (
    *("flows.outcomes", "flows.begin_session", "flows.gate", "flows.issue", "flows.sign_out"),
    # Whatever happens to an account is told by letter, and what matters wants a fresh proof first.
    *("flows.notices", "flows.prove_again"),
    # An address is proven by a letter or by a provider, and what was there before goes either way.
    "flows.first_proof",
)

# Who may import whom; the longest name that fits a module counts. Nobody may import wsgi.
FLOORS: dict[str, tuple[str, ...]] = {
    "foundation": ("foundation",),
    **{capability: (capability, "foundation") for capability in CAPABILITIES},
    "flows": (*SHARED_FLOWS, *CAPABILITIES, "foundation"),
    # Whoever closes an account walks the same last steps as whoever finishes an interrupted closing.
    "flows.close_account": ("flows.farewell", *SHARED_FLOWS, *CAPABILITIES, "foundation"),
    "flows.mirror": ("flows.farewell", *SHARED_FLOWS, *CAPABILITIES, "foundation"),
    # What is written one by one after a change is written to everybody by the operator.
    "flows.sync_chat": ("flows.mirror", *SHARED_FLOWS, *CAPABILITIES, "foundation"),
    "flows.doctor": ("flows.doctor", *SHARED_FLOWS, *CAPABILITIES, "foundation"),
    "flows.oidc": ("flows.oidc", *SHARED_FLOWS, *CAPABILITIES, "foundation"),
    "flows.upstream": ("flows.upstream", *SHARED_FLOWS, *CAPABILITIES, "foundation"),
    "wiring_upstream": ("wiring_capabilities", "flows", *CAPABILITIES, "foundation"),
    "wiring": (
        *("wiring_capabilities", "wiring_mail", "wiring_moderation", "wiring_operators", "wiring_provider"),
        *("wiring_recovery", "wiring_upkeep", "wiring_upstream", "flows", *CAPABILITIES, "foundation"),
    ),
    "wiring_moderation": ("wiring_capabilities", "flows", *CAPABILITIES, "foundation"),
    "wiring_provider": ("wiring_capabilities", "flows", *CAPABILITIES, "foundation"),
    "wiring_mail": ("wiring_capabilities", "flows", *CAPABILITIES, "foundation"),
    # Both lean on the same flows.
    "wiring_recovery": ("wiring_capabilities", "wiring_upstream", "flows", *CAPABILITIES, "foundation"),
    "wiring_upkeep": ("wiring_capabilities", "wiring_mail", "flows", *CAPABILITIES, "foundation"),
    "wiring_operators": ("wiring_capabilities", "flows", *CAPABILITIES, "foundation"),
    "wiring_capabilities": (*CAPABILITIES, "foundation"),
    # Logging, the type of chance and how much is remembered are everybody's; the line to Redis is the doctor's, too.
    # A token request and its answer are as much of the protocol as the outcomes are of the house.
    "web": (
        *("web", "wiring", "flows.outcomes", "flows.oidc.granted"),
        *("foundation.errors", "foundation.logs", "foundation.memory", "foundation.opaque", "foundation.redis_line"),
        "foundation.strict_json",
    ),
    # It tells the doors whether the schema is current.
    "app": ("web", "wiring", "migrations", "foundation"),
    # The whole schema is the sum of the rooms' tables.
    "migrations": ("migrations", "foundation", *(f"{capability}.tables" for capability in CAPABILITIES)),
    # What is started loads the rest, and nothing else does.
    "__main__": ("cli",),
    # The operator's commands walk the same services as a browser does.
    "cli": (
        *("cli_adopt", "cli_backup", "cli_chat", "cli_clients", "cli_contract", "cli_doctor", "cli_frame"),
        *("cli_mail", "cli_moderation", "cli_recovery", "cli_words"),
        *("migrations", "sdk", "flows.outcomes", "foundation"),
    ),
    "cli_contract": ("app", "web.openapi_document"),
    "cli_clients": ("cli_frame", "cli_presets", "cli_words", "foundation"),
    "cli_mail": ("cli_frame", "foundation"),
    "cli_recovery": ("cli_frame", "foundation"),
    "cli_moderation": ("cli_explain", "cli_frame", "cli_words", "flows.outcomes", "foundation"),
    "cli_explain": ("cli_words", "foundation"),
    # A copy may be of an older schema, and is then brought up to date.
    "cli_backup": ("cli_frame", "wiring", "migrations", "foundation"),
    "cli_doctor": ("cli_frame", "cli_mail", "cli_words", "wiring", "foundation"),
    "cli_adopt": ("cli_frame", "wiring", "flows.adopt", "chat", "foundation"),
    "cli_chat": ("cli_frame", "cli_words", "wiring", "flows.balances", "foundation"),
    "cli_frame": ("cli_words", "wiring", "migrations", "foundation"),
    "cli_presets": (),
    "cli_words": (),
    # It checks settings and migrations before it serves.
    "rehearsal": ("app", "web", "wiring", "accounts.users", "foundation"),
    "wsgi": ("app", "rehearsal", "web", "migrations", "foundation"),
    "sdk": ("sdk",),
}

# Where each outside package lives; what is not named here is not imported at all.
HOUSEKEEPERS: dict[str, tuple[str, ...]] = {
    "alembic": ("migrations/*",),
    "argon2": ("accounts/argon2id.py",),
    "authlib": ("flows/oidc/*", "oidc/*", "upstream/*"),
    "bcrypt": ("accounts/passwords.py",),
    "bson": ("chat/mongo*.py",),
    "click": ("cli*.py",),
    "cryptography": ("keys/*", "foundation/vault.py", "chat/old_seals.py"),  # the last opens what others have sealed
    "dotenv": ("foundation/settings*.py", "foundation/dotenv.py"),  # comes with pydantic_settings
    "email_validator": ("accounts/*",),
    "flask": ("web/*", "app.py", "cli.py", "mail/postman.py"),  # Flask-Mail sends for an application
    "flask_limiter": ("web/limits*.py",),
    "flask_mail": ("mail/postman.py", "app.py"),
    "flask_sqlalchemy": ("app.py",),
    "idna": ("accounts/*", "mail/delivering.py"),
    "jinja2": ("mail/composer.py",),  # comes with flask
    "joserfc": ("foundation/jose.py", "keys/ring.py", "sdk/*"),
    "limits": ("web/limits*.py", "foundation/redis_line.py"),
    "prometheus_client": ("web/health.py", "web/metrics.py"),
    "psycopg": ("foundation/database*.py",),
    "pwdlib": ("accounts/argon2id.py", "accounts/passwords.py"),
    "pydantic": ("web/*", "foundation/settings*.py"),
    "pydantic_core": ("web/*", "foundation/settings*.py"),  # the half of pydantic that raises
    "pydantic_settings": ("foundation/settings*.py",),
    "pymongo": ("chat/mongo*.py",),
    "redis": ("foundation/redis_line.py",),
    "requests": ("foundation/outbound.py",),
    "sqlalchemy": ("foundation/*", *(f"{capability}/*" for capability in CAPABILITIES), "migrations/*", "wiring.py"),
    "structlog": ("foundation/logs.py",),
    "urllib3": ("foundation/outbound.py",),  # the half of requests that raises
    "werkzeug": ("web/*", "app.py", "rehearsal.py"),  # it knocks at the doors without a server
    "yaml": ("web/contract*.py", "web/openapi*.py"),
}

# The same for the parts of the standard library that bring in the world: surroundings, time, chance, unseen imports.
_SETTINGS = ("foundation/settings*.py",)
_CLOCK = ("foundation/clock.py", "sdk/*")
_STOPWATCH = ("foundation/clock.py", "web/*", "sdk/*")
_CHANCE = ("foundation/opaque.py", "foundation/dotenv.py")
_CATALOG = ("upstream/catalog.py",)
CARETAKERS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("os.environ", "os.environb", "os.getenv", "os.putenv"), _SETTINGS),
    **dict.fromkeys(("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today"), _CLOCK),
    **dict.fromkeys(("datetime.date.today", "time.time", "time.time_ns", "time.gmtime", "time.localtime"), _CLOCK),
    **dict.fromkeys(("time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.perf_counter_ns"), _STOPWATCH),
    **dict.fromkeys(("secrets", "os.urandom", "os.getrandom", "uuid.uuid1", "uuid.uuid4"), _CHANCE),
    "random": (),
    **dict.fromkeys(("importlib.import_module", "__import__", "pkgutil"), _CATALOG),
}

# Imports of our own inside a function, each with its reason: (file, what it imports).
DEFERRED: dict[tuple[str, str], str] = {
    ("wiring_operators.py", "chat.mongo_reading"): "The same.",
    ("wiring_operators.py", "chat.mongo"): "MongoDB's driver takes 0.2 s and 10 MB, and only who has one pays.",
    ("flows/doctor/neighbours.py", "foundation.redis_line"): "What counts in Redis takes 0.03 s to load.",
    ("__main__.py", "cli"): "Whoever stops a command that still loads reads no stack trace.",
    ("cli.py", "cli_contract"): "Flask takes 0.3 s to load, and only the contract needs it.",
    ("cli.py", "migrations"): "Alembic takes 0.1 s to load, and most commands do without it.",
    ("wiring.py", "wiring_upkeep"): "Backups, moves and the doctor are called by commands alone, one at a time.",
    ("wiring_mail.py", "mail.postman"): "Flask-Mail brings Flask, which only an installation with mail needs.",
}


def climbers(root: Path) -> list[str]:
    """List the imports that go up, or sideways."""
    return [
        f"{module.place}:{each.line} imports {_ours(each.target)}"
        for module in modules(root)
        for each in module.imports
        if within(each.target, HOUSE) and not _may(module, _ours(each.target))
    ]


def lodgers(root: Path) -> list[str]:
    """List the outside packages found away from their home, and those that have none."""
    found = [(module, each.line, each.target.partition(".")[0]) for module in modules(root) for each in module.imports]
    return [
        f"{module.place}:{line} imports {package}"
        for module, line, package in found
        if package not in sys.stdlib_module_names and package != HOUSE
        if not _lives(module, HOUSEKEEPERS.get(package, ()))
    ]


def trespassers(root: Path) -> list[str]:
    """List the uses of the standard library that belong to one room only."""
    return [
        f"{module.place}:{line} uses {name}"
        for module in modules(root)
        for line, name in module.uses
        for kept, homes in CARETAKERS.items()
        if within(name, kept) and not _lives(module, homes)
    ]


def circles(root: Path) -> list[str]:
    """Draw a circle of imports, if there is one."""
    known = {module.name: module for module in modules(root)}
    graph = {
        name: {_module(_ours(each.target), known) for each in module.imports if within(each.target, HOUSE)} - {name}
        for name, module in known.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        return [" → ".join(circle.args[1])]
    return []


def back_stairs(root: Path) -> list[str]:
    """List the imports of our own that hide inside a function."""
    return [
        f"{module.place}:{each.line} imports {_ours(each.target)} inside a function"
        for module in modules(root)
        for each in module.imports
        if each.deferred and within(each.target, HOUSE)
        if not any(module.place == file and within(_ours(each.target), what) for file, what in DEFERRED)
    ]


RULES = (climbers, lodgers, trespassers, circles, back_stairs)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_stands(rule):
    assert rule(ROOT / HOUSE) == []


@pytest.mark.parametrize(
    ("rule", "file", "line", "complaint"),
    [
        (climbers, "sessions/stray.py", "from ..moderation import bans", "imports moderation.bans"),
        (climbers, "flows/stray.py", "import identity_service.flows.stray_too", "imports flows.stray_too"),
        (climbers, "web/stray.py", "from identity_service.accounts.tables import User", "imports accounts.tables.User"),
        (climbers, "attic.py", "from identity_service import foundation", "imports foundation"),
        (lodgers, "flows/stray.py", "import flask", "imports flask"),
        (lodgers, "flows/oidc/stray.py", "from sqlalchemy.orm import Session", "imports sqlalchemy"),
        (lodgers, "web/stray.py", "import numpy.linalg", "imports numpy"),
        (trespassers, "mail/stray.py", "import datetime as d; d.datetime.now(d.UTC)", "uses datetime.datetime.now"),
        (trespassers, "mail/stray.py", "from os import environ as surroundings", "uses os.environ"),
        (trespassers, "foundation/opaque.py", "from random import choice", "uses random.choice"),
        (trespassers, "chat/stray.py", "__import__('time')", "uses __import__"),
        (circles, "keys/stray.py", "from identity_service.keys import stray_too", "keys.stray"),
        (back_stairs, "keys/stray.py", "def f():\n  from . import ring", "imports keys.ring inside a function"),
    ],
)
def test_a_stray_import_is_seen(tmp_path, rule, file, line, complaint):
    bare = tmp_path / HOUSE
    stray = bare / file
    stray.parent.mkdir(parents=True)
    stray.write_text(f"{line}\n")
    stray.with_name("stray_too.py").write_text(f"import {HOUSE}.{file.replace('/', '.').removesuffix('.py')}\n")

    assert any(complaint in each for each in rule(bare))


def _ours(target: str) -> str:
    return target.removeprefix(HOUSE).strip(".")


def _may(module: Module, target: str) -> bool:
    rooms = [room for room in FLOORS if within(module.name, room)]
    return bool(rooms) and any(within(target, allowed) for allowed in FLOORS[max(rooms, key=len)])


def _lives(module: Module, homes: tuple[str, ...]) -> bool:
    return any(fnmatchcase(module.place, home) for home in homes)


def _module(target: str, known: dict[str, Module]) -> str:
    """Cut what is imported down to the module it lives in."""
    while target and target not in known:
        target = target.rpartition(".")[0]
    return target

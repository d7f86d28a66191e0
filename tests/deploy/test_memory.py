"""
What a server settles before it loads anything, as a process of its own sees it.
"""

import os
import re
import subprocess
import sys

import pytest

from deploy.memory import MALLOC, TOLD
from tests.servers.process import ROOT

PROGRAM = """
import os, sys
from deploy import memory
memory.settle()
here = (lambda: None).__code__
columns = next(iter(here.co_positions()))[2]
print(os.environ.get("GLIBC_TUNABLES"), columns, sys.modules.get("rich", "absent"), *sys.argv[1:])
"""

pytestmark = pytest.mark.skipif("CS_GNU_LIBC_VERSION" not in os.confstr_names, reason="Only glibc is told anything.")


def settled(**environ):
    """Return what a process prints that settles, with one argument and *environ*."""
    clean = {name: value for name, value in os.environ.items() if name not in {"GLIBC_TUNABLES", "PYTHONNODEBUGRANGES"}}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "an argument"],
        env={**clean, **environ},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_memory_goes_back_to_the_system_and_code_is_small():
    assert settled() == f"{MALLOC} None None an argument"


def test_what_somebody_has_chosen_stands():
    chosen = settled(GLIBC_TUNABLES="glibc.malloc.arena_max=1")

    assert chosen.startswith("glibc.malloc.arena_max=1 ")
    assert "None an argument" in chosen


@pytest.mark.parametrize("starter", ["Makefile", "deploy/Dockerfile", "deploy/identity.service"])
def test_whoever_starts_a_server_tells_it_at_once(starter):
    text = (ROOT / starter).read_text()

    for name, value in TOLD.items():
        assert re.search(rf"\b{name}( \?= |=){re.escape(value)}\s", text)

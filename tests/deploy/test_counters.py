"""
Where workers count: each in a place of its own, which the next one takes over, and nothing of a killed server stays.
"""

import os
import subprocess
import sys
import time

import pytest

from deploy import counters

OLD = 3600

TAKES = """
import sys
from pathlib import Path
from deploy import counters
print(counters.place(Path(sys.argv[1]), 0), flush=True)
sys.stdin.read()
"""

LIVES = """
import fcntl, sys
with open(sys.argv[1], "w") as lock:
    fcntl.lockf(lock, fcntl.LOCK_EX)
    print(flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    """Start a process that takes a place; it has it until its standard input is closed."""
    begun = []

    def start():
        taker = subprocess.Popen(
            [sys.executable, "-c", TAKES, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        begun.append(taker)
        return taker, int(taker.stdout.readline())

    yield start
    for each in begun:
        each.communicate()


def test_each_process_has_a_place_and_who_comes_later_that_of_one_that_is_gone(other):
    (first, zero), (_, one) = other(), other()
    first.communicate()
    _, again = other()

    assert (zero, one, again) == (0, 1, 0)


def folder(parent, name, age=OLD):
    made = parent / name
    made.mkdir()
    then = time.time() - age
    os.utime(made, (then, then))
    return made


def test_the_folder_of_a_server_that_was_killed_goes_with_the_next_start(tmp_path):
    gone = folder(tmp_path, "identity-counters-gone")
    young, foreign = folder(tmp_path, "identity-counters-young", age=1), folder(tmp_path, "another-program")

    counters.sweep(tmp_path)

    assert [each.exists() for each in (gone, young, foreign)] == [False, True, True]


def test_the_folder_of_a_server_that_lives_stays_however_old_it_is(tmp_path):
    with_server = folder(tmp_path, "identity-counters-lives")
    command = [sys.executable, "-c", LIVES, with_server / "server.taken"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        server.stdout.readline()
        os.utime(with_server, (0, 0))
        counters.sweep(tmp_path)
        assert with_server.exists()
        server.communicate()

    os.utime(with_server, (0, 0))
    counters.sweep(tmp_path)
    assert not with_server.exists()

"""What every command stands in: its questions, and its beginning."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.process import ROOT


@pytest.fixture
def things(identity, told, tmp_path):
    """Somebody, a client, a copy and an archive, each behind the command that asks about it."""
    identity("create-user", "ada@example.org")
    copy, archive = told("backup", "--to", str(tmp_path))["path"], str(tmp_path / "archive")
    identity("export", archive)
    client = told("create-client", "--name", "Wiki")["client_id"]
    return {
        "delete-user": "ada@example.org",
        "ban-user": "ada@example.org",
        "delete-client": client,
        "restore": copy,
        "import": archive,
    }


@pytest.mark.parametrize("command", ["delete-user", "ban-user", "delete-client", "restore", "import"])
def test_a_program_reads_no_question_among_what_it_asked_for(identity, things, command):
    asked = identity(command, things[command], "--json", stdin="n\n", status=1)
    assert (asked.said, "[y/N]" in asked.complained) == ("", True)

    if command != "import":  # whose trail is not empty any more
        assert json.loads(identity(command, things[command], "--json", stdin="y\n").said)


@pytest.mark.parametrize("command", [["backup", "--to"], ["export"], ["preview-letters", "--folder"]])
@pytest.mark.parametrize(
    ("place", "cure"),
    [
        ("notes", "notes exists already and stays as it is. Name another place."),
        ("notes/below", "notes/below lies below a file as if that were a folder. Name another place."),
        ("n" * 256, f"The name {'n' * 256} is too long. Choose a shorter one."),
    ],
)
def test_where_nothing_can_be_written_a_sentence_says_what_to_do(identity, command, place, cure):
    Path("notes").write_text("mine")

    assert identity(*command, place, status=1).complained == f"{cure}\n"
    assert Path("notes").read_text() == "mine"


@pytest.mark.parametrize(
    ("command", "cure"),
    [
        (
            ["export", "no/archive"],
            "There is no no/archive, or no folder for it. Make the folder, or name another place.",
        ),
        (["import", ".", "--yes"], ". is a folder. Name a file."),
    ],
)
def test_what_is_no_file_to_write_or_read_is_told_apart(identity, command, cure):
    assert identity(*command, status=1).complained == f"{cure}\n"


def test_whoever_stops_a_command_that_still_loads_reads_no_stack_trace():
    command = [sys.executable, "-X", "importtime", "-m", "identity_service", "list-users"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as loading:
        for line in loading.stderr:
            if "identity_service.foundation" in line:
                break
        loading.send_signal(signal.SIGINT)
        told = [line for line in loading.stderr if not line.startswith("import time:")]

    assert (loading.returncode, told) == (1, ["Aborted!\n"])

"""What other people chose, on an operator's terminal, and what to do about a file."""

import errno

import pytest

from identity_service.cli_frame import leave, say
from identity_service.cli_words import about_file, printable


@pytest.mark.parametrize("nasty", ["\x1b[2J", "\r\n", "\x9b31m", "\u2028", "\u202e", "\ud800", "\x7f", "\t"])
def test_nothing_that_moves_a_terminal_is_printed(nasty, capsys):
    say({}, [f"before{nasty}after"], as_json=False)
    said = capsys.readouterr().out

    assert said == f"{printable(f'before{nasty}after')}\n"
    assert said[:-1].isprintable()
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("word", ["Zoë 李 👩", "チャット\u3000AI", "12\u202f000"])
def test_the_letters_and_spaces_of_every_language_stay(word):
    assert printable(word) == word


def test_a_complaint_of_several_lines_keeps_them_and_nothing_else(capsys):
    with pytest.raises(SystemExit):
        leave(1, "connection failed:\n\tno such host \x1b[31m", "")

    assert capsys.readouterr().err.splitlines() == ["connection failed:", "        no such host �[31m"]


def test_a_command_says_what_a_program_reads_unchanged(capsys):
    say({"note": "\x1b[2J"}, [], as_json=True)

    assert capsys.readouterr().out == '{"note": "\\u001b[2J"}\n'


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_said_to_be_full_whatever_was_written(number):
    assert about_file(OSError(number, "full")) == "There is no room left on the disk. Make room, and run this again."


@pytest.mark.parametrize("fault", [OSError("odd"), OSError(errno.EIO, "broken", "disk"), OSError(errno.EACCES, "no")])
def test_what_nobody_can_say_more_of_is_told_as_it_is(fault):
    assert about_file(fault) == str(fault)

"""
How the operator's commands write down what other people chose: names, notes, addresses; and what to do next.

Leaves to others: where it is printed (cli_frame, and each command that prints for itself).
"""

import errno
import shlex
import unicodedata

_RIGHTS = "{path} may not be read or written. Look at its owner and its rights, or name another place."
_CURES = {
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.EROFS: "Nothing can be written to {path}. Name another place.",
    errno.EEXIST: "{path} exists already and stays as it is. Name another place.",
    errno.ENOENT: "There is no {path}, or no folder for it. Make the folder, or name another place.",
    errno.ENOTDIR: "{path} lies below a file as if that were a folder. Name another place.",
    errno.EISDIR: "{path} is a folder. Name a file.",
    errno.ENAMETOOLONG: "The name {path} is too long. Choose a shorter one.",
}
_FULL = "There is no room left on the disk. Make room, and run this again."


def printable(text: str) -> str:
    """Return *text* without anything that moves or breaks a terminal's line: no line break, no escape sequence."""
    return "".join(letter if letter.isprintable() or _is_space(letter) else "�" for letter in text)


def to_type(command: str, whom: str) -> str:
    """Return what an operator types into a shell for *command* about *whom*, who may begin like an option."""
    options_end = "-- " if whom.startswith("-") else ""
    return f"identity {command} {options_end}{shlex.quote(whom)}"


def about_file(fault: OSError) -> str:
    """Return what went wrong with a file, and what to do about it."""
    if fault.errno in (errno.ENOSPC, errno.EDQUOT):
        return _FULL
    cure = _CURES.get(fault.errno or 0)
    return cure.format(path=fault.filename) if cure and fault.filename is not None else str(fault)


def _is_space(letter: str) -> bool:
    # Python calls only one of the spaces printable; others stand in names and titles.
    return unicodedata.category(letter) == "Zs"

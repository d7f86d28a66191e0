"""
The project speaks of itself alone: it can be read, built and understood far from the desk where it was written.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import ROOT

NOT_OURS = {".git", ".venv", ".uv", "data", "htmlcov", "dist", "node_modules", "__pycache__", ".env"}
CACHE = re.compile(r"^\.(?:\w+_cache|hypothesis|schemathesis|coverage.*)$")

# One letter of each word stands in brackets, so that this file does not find itself.
FOREIGN = {
    "a path of one machine": r"(?<![\w.-])/(?:[w]ork|[o]pt/(?:tools|wheels|pypi)|[r]oot/\.\w+)/",
    "a folder beside the project": r"(?<![\w/-])[s]hared/\w",
    "notes that do not come with it": r"\b(?:[h]ouse|[c]ontract|[l]ibrechat|[a]nchors)\.md\b",
    "a number in somebody's tracker": r"(?i)\b(?:[i]ssue|[t]icket|[t]ask) ?#\d",
    "the day's work": r"(?i)\b(?:this|the|our|your) (?:[b]rief|[w]orkplace)\b",
}


def texts() -> Iterator[Path]:
    """Find every file that comes with the project."""
    for folder, below, files in os.walk(ROOT):
        below[:] = [name for name in below if not (name in NOT_OURS or CACHE.match(name))]
        yield from (Path(folder, name) for name in files if not (name in NOT_OURS or CACHE.match(name)))


@pytest.mark.parametrize("pattern", FOREIGN.values(), ids=FOREIGN.keys())
def test_the_project_speaks_of_itself_alone(pattern):
    spoken = re.compile(pattern)
    found = [
        f"{path.relative_to(ROOT)}:{number} {line.strip()[:100]}"
        for path in texts()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if spoken.search(line)
    ]

    assert found == []


@pytest.mark.parametrize(
    "said", ["cd /w{}ork/main", "in s{}hared/notes", "see h{}ouse.md", "fixes I{}ssue #7", "the b{}rief"]
)
def test_a_stray_word_is_heard(said):
    assert any(re.search(pattern, said.format("")) for pattern in FOREIGN.values())

"""
Files and functions of a size that fits on a screen and in a head; names that say something; words where they are due.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import HOUSE, ROOT, Module, modules

FOLDERS = (HOUSE, "deploy", "bench", "tests")
LONGEST_FILE, LONGEST_FUNCTION, MOST_PARAMETERS = 300, 50, 5
WRITTEN = {".py", ".html", ".js", ".css", ".conf", ".sh"}

# Words that would fit anything, and so say nothing.
EMPTY_WORDS = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "managers", "base", "service"}

# Each with the reason why it stays.
NAMED_ALL_THE_SAME: dict[str, str] = {
    "Base": "SQLAlchemy's word for the class that all tables extend.",
}
MANY_PARAMETERS: dict[tuple[str, str], str] = {}  # (file, function)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def written() -> list[Path]:
    """List the files that somebody wrote by hand."""
    found = (path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*")) if path.suffix in WRITTEN)
    return [path for path in found if not {"__pycache__", "node_modules"} & set(path.parts)]


PYTHON = [Module(ROOT, path) for path in written() if path.suffix == ".py"]
OURS = modules(ROOT / HOUSE)


def test_no_file_is_too_long():
    lengths = {path.relative_to(ROOT).as_posix(): len(path.read_text().splitlines()) for path in written()}

    assert {place: length for place, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_function_is_too_long():
    lengths = {f"{place}:{node.lineno} {node.name}": _length(node) for place, node in _functions()}

    assert {function: length for function, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_more_than_five_parameters_have_a_reason():
    crowded = {(place, node.name) for place, node in _functions() if _parameters(node) > MOST_PARAMETERS}

    assert crowded == set(MANY_PARAMETERS)


def test_names_say_something():
    files = [(module.place, re.split(r"[/_]", step)) for module in PYTHON for step in _inside(module).split("/")]
    classes = [
        (f"{module.place} {node.name}", re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", node.name))
        for module in PYTHON
        for node in ast.walk(module.syntax)
        if isinstance(node, ast.ClassDef) and node.name not in NAMED_ALL_THE_SAME
    ]

    assert [place for place, words in files + classes if words and words[-1].lower() in EMPTY_WORDS] == []


def test_every_module_opens_with_its_promise():
    silent = [each.place for each in PYTHON if each.text.strip() and not ast.get_docstring(each.syntax)]

    assert silent == []


@pytest.mark.parametrize("module", OURS, ids=lambda module: module.place)
def test_everything_public_is_explained(module):
    assert [f"{node.lineno} {node.name}" for node in _public(module.syntax) if not ast.get_docstring(node)] == []


def test_package_faces_are_empty():
    faces = [module for module in OURS if module.path.name == "__init__.py" and module.place != "sdk/__init__.py"]

    assert [face.place for face in faces if face.text.strip()] == []


def test_nothing_is_left_for_later():
    marks = re.compile(r"\b(?:" + "|".join(["TO" + "DO", "FIX" + "ME"]) + r")\b")

    assert [path.relative_to(ROOT).as_posix() for path in written() if marks.search(path.read_text())] == []


def _functions() -> Iterator[tuple[str, Function]]:
    for module in PYTHON:
        yield from ((module.place, node) for node in ast.walk(module.syntax) if isinstance(node, Function))


def _length(node: Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _parameters(node: Function) -> int:
    """Count what a caller may pass; a test's parameters are what it asks of its fixtures and do not count."""
    if node.name.startswith("test_"):
        return 0
    names = [each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def _inside(module: Module) -> str:
    return module.place.removeprefix(f"{HOUSE}/").removesuffix(".py")


def _public(node: ast.AST) -> Iterator[Function | ast.ClassDef]:
    """Walk the classes and functions that others may use: no underscore, and not inside a function."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function | ast.ClassDef) and not child.name.startswith("_"):
            yield child
        if isinstance(child, ast.ClassDef | ast.If | ast.Try) and not getattr(child, "name", "").startswith("_"):
            yield from _public(child)

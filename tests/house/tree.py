"""
Reads the house as it stands: its files, what each imports, and what each uses of the standard library.

Leaves to others: what is allowed.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOUSE = "identity_service"


@dataclass(frozen=True)
class Import:
    """One name brought into a module, wherever in the file that happens."""

    line: int
    target: str  # in full: "identity_service.flows.gate", "flask.Flask"
    deferred: bool  # inside a function


@dataclass(frozen=True)
class Module:
    """One Python file and what can be read from it without running it."""

    root: Path
    path: Path

    @cached_property
    def place(self) -> str:
        """Where it is, seen from the root: "flows/oidc/token.py"."""
        return self.path.relative_to(self.root).as_posix()

    @cached_property
    def name(self) -> str:
        """Its name inside the house: "flows.oidc.token"; a package bears its folder's."""
        return self.place.removesuffix(".py").removesuffix("__init__").strip("/").replace("/", ".")

    @cached_property
    def text(self) -> str:
        """What is written in it."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def syntax(self) -> ast.Module:
        """The same, parsed."""
        return ast.parse(self.text, self.place)

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """Every import: deferred ones, those under TYPE_CHECKING and relative ones included."""
        return tuple(self._imports(self.syntax, deferred=False))

    @cached_property
    def uses(self) -> tuple[tuple[int, str], ...]:
        """Line and full name of what it imports or reaches through an import: (12, "datetime.datetime.now")."""
        known = dict(self._bindings())
        seen = {(each.line, each.target) for each in self.imports}
        for node in ast.walk(self.syntax):
            if isinstance(node, ast.Attribute) and (name := _dotted(node, known)):
                seen.add((node.lineno, name))
            elif isinstance(node, ast.Name) and node.id == "__import__":
                seen.add((node.lineno, node.id))
        return tuple(sorted(seen))

    def _imports(self, node: ast.AST, *, deferred: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            yield from (Import(node.lineno, alias.name, deferred) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = self._source(node)
            yield from (Import(node.lineno, f"{source}.{alias.name}", deferred) for alias in node.names)
        inside = deferred or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            yield from self._imports(child, deferred=inside)

    def _source(self, node: ast.ImportFrom) -> str:
        """Name in full what a `from` names; dots count folders upwards."""
        if not node.level:
            return node.module or ""
        folders = [HOUSE, *self.path.relative_to(self.root).parts[:-1]]
        return ".".join([*folders[: len(folders) - node.level + 1], *filter(None, [node.module])])

    def _bindings(self) -> Iterator[tuple[str, str]]:
        """Pair each local name with what an import bound it to."""
        for node in ast.walk(self.syntax):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    first = alias.name.partition(".")[0]
                    yield (alias.asname, alias.name) if alias.asname else (first, first)
            elif isinstance(node, ast.ImportFrom):
                yield from ((alias.asname or alias.name, f"{self._source(node)}.{alias.name}") for alias in node.names)


@cache
def modules(root: Path) -> list[Module]:
    """Read every Python file below *root*, once."""
    return [Module(root, path) for path in sorted(root.rglob("*.py"))]


def within(name: str, room: str) -> bool:
    """Tell whether *name* is *room* or something in it."""
    return name == room or name.startswith(f"{room}.")


def _dotted(node: ast.expr, known: dict[str, str]) -> str:
    """Spell a chain of attributes in full, if it begins with something imported; else the empty string."""
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value, known)
        return f"{owner}.{node.attr}" if owner else ""
    return known.get(node.id, "") if isinstance(node, ast.Name) else ""

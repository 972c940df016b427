"""This reads from the text of the project's files what they import."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Import:
    file: str  # from the root
    line: int
    name: str  # `from a import b` is a.b
    function: str  # that it stands in, or ""
    for_types: bool  # under `if TYPE_CHECKING:`

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.name}"


def imports(root: Path, within: str, *, calls: bool = True) -> Iterator[Import]:
    """All imports of a file or folder; with `calls` also those by import_module(), `sys.modules`
    and `live.…`."""
    for file in files(root, within):
        yield from _of(file, root, calls)


@cache
def _of(file: Path, root: Path, calls: bool) -> tuple[Import, ...]:
    """Those of one file, read once however many rules ask: no test changes a file meanwhile."""
    path = file.relative_to(root).as_posix()
    return tuple(
        Import(path, node.lineno, name, function, for_types)
        for node, function, for_types in _walk(ast.parse(file.read_text()))
        for name in _imported(node, path, calls)
    )


def _walk(
    tree: ast.AST, function: str = "", for_types: bool = False
) -> Iterator[tuple[ast.stmt | ast.expr, str, bool]]:
    """Each statement and expression, the function it stands in, and whether only types need it."""
    if isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef):
        function = tree.name
    elif isinstance(tree, ast.If):
        for_types = for_types or ast.unparse(tree.test) == "TYPE_CHECKING"
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.stmt | ast.expr):
            yield node, function, for_types
        yield from _walk(node, function, for_types)


def _imported(node: ast.AST, path: str, calls: bool) -> list[str]:
    match node:
        case ast.Import():
            return [alias.name for alias in node.names]
        case ast.ImportFrom():
            package = Path(path).parts[: -node.level] if node.level else ()
            start = ".".join([*package, *([node.module] if node.module else [])])
            return [f"{start}.{alias.name}" for alias in node.names]
        case ast.Call(
            func=ast.Name(id="import_module" | "import_string"), args=[ast.Constant(str(name)), *_]
        ) if calls:
            return [name]
        case (
            ast.Call(
                func=ast.Attribute(value=table, attr="get"), args=[ast.Constant(str(name)), *_]
            )
            | ast.Subscript(value=table, slice=ast.Constant(str(name)))
        ) if calls and ast.unparse(table) == "sys.modules":
            return [name]
        case ast.Attribute(value=ast.Name("live"), attr=name) if calls:
            return [f"live.{name}"] if path.startswith("tickets/") else []
    return []


def files(root: Path, within: str) -> list[Path]:
    """The Python files of a folder, or the one that is named."""
    place = root / within
    return [place] if place.is_file() else sorted(place.rglob("*.py"))


def module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

"""Names that a library does not promise to keep are in the list of docs/decisions.md, each with its
reason and the test that fails when it goes; nothing else in the product uses one.

The scan finds names that begin with an underscore, and imports that the table below does not know
as documented. A name without an underscore that is used on an object could be either: such names
are in the list because somebody has read the library, and the scan only sees that they are used.
"""

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from tests.harness.imports import files, imports, module
from tests.harness.processes import ROOT

APPS = ("live", "tickets", "ticketsystem", "streamdoctor")
DECISIONS = ROOT / "docs" / "decisions.md"
PRIVATE = re.compile(r"_(?!_)\w+")

# Each module, or single name, that the library's own documentation tells its users to import.
DOCUMENTED = {
    "aiosmtpd.controller", "aiosmtpd.smtp",
    "asgiref.sync", "channels.layers", "channels.sessions", "django",
    "django.apps", "django.conf", "django.contrib", "django.contrib.admin",
    "django.contrib.admin.models.DELETION", "django.contrib.admin.models.LogEntry",
    "django.contrib.admin.apps.AdminConfig",
    "django.contrib.auth.get_user_model", "django.contrib.auth.views",
    "django.contrib.admin.views.main.ChangeList", "django.contrib.auth.admin",
    "django.contrib.auth.base_user", "django.contrib.auth.decorators",
    "django.contrib.auth.forms", "django.core.signing", "django.urls.reverse_lazy",
    "django.contrib.auth.hashers", "django.contrib.auth.middleware",
    "django.contrib.auth.models", "django.contrib.auth.signals",
    "django.contrib.auth.tokens.default_token_generator", "django.utils.encoding.force_bytes",
    "django.utils.http.urlsafe_base64_encode", "django.views.generic",
    "django.contrib.messages", "django.contrib.messages.storage.base.Message",
    "django.contrib.staticfiles", "django.core.checks", "django.core.exceptions",
    "django.core.files", "django.core.files.storage.FileSystemStorage", "imagesize", "puremagic",
    "django.core.management.base", "django.core.paginator", "django.core.serializers.json",
    "django.core.validators",
    "django.core.signals", "django.db", "django.db.backends.signals", "django.db.models",
    "django.db.models.expressions", "django.db.models.functions", "django.db.models.signals",
    "django.dispatch", "django.http", "django.shortcuts",
    "django.template.loader.render_to_string", "django.template.response",
    "django.forms", "django.forms.renderers",
    "django.urls.get_script_prefix", "django.urls.include", "django.urls.path",
    "django.urls.register_converter", "django.urls.reverse",
    "django.utils.dateparse", "django.utils.deprecation", "django.utils.functional",
    "django.utils.html", "django.utils.module_loading", "django.utils.safestring",
    "django.utils.timezone", "django.views.decorators.cache", "django.views.decorators.csrf",
    "django.views.decorators.http", "django.views.defaults",
    "django_eventstream.channelmanager", "django_tasks", "environ",
    "h2.config", "h2.connection", "h2.events",
    "h2.exceptions", "httpcore", "idna", "imapclient", "imapclient.exceptions",
    "ninja", "ninja.errors", "ninja.parser", "ninja.security", "prometheus_client",
    "psycopg", "psycopg.conninfo", "psycopg.pq", "pydantic", "tqdm", "whitenoise.storage",
    "flufl.bounce", "lxml", "quotequail",
}  # fmt: skip


@dataclass(frozen=True)
class Listed:
    """A row of the list."""

    names: tuple[str, ...]
    files: tuple[str, ...]  # none: everywhere
    guards: tuple[str, ...]  # tests, or where the library documents the name after all


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


def product(root: Path) -> list[Path]:
    return [
        file
        for app in APPS
        for file in files(root, app)
        if "migrations" not in file.relative_to(root).parts
    ]


def listed() -> list[Listed]:
    section = DECISIONS.read_text().partition("## Private names of libraries")[2]
    rows = [
        line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")
    ]
    return [
        Listed(
            tuple(re.findall(r"`([\w.]+)`", names)),
            tuple(re.findall(r"`([\w./]+)`", places)),
            tuple(re.findall(r"tests/[\w./:]+|https://\S+", guards)),
        )
        for names, places, _, guards in rows
    ]


def own_names(root: Path) -> set[str]:
    """Private names that the product itself gives to members of its classes."""
    members = (name for file in product(root) for name in _members(tree(file)))
    return {name for name in members if PRIVATE.fullmatch(name)}


def _members(module: ast.Module) -> Iterator[str]:
    """What class bodies define, and what an `__init__` sets on its object."""
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef):
            for statement in node.body:
                yield from _defined(statement)
        elif isinstance(node, ast.FunctionDef) and node.name == "__init__":
            for part in ast.walk(node):
                match part:
                    case ast.Attribute(ast.Name("self"), name, ast.Store()):
                        yield name


def _defined(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return [name]
        case ast.Assign([ast.Name("__slots__")], value):
            return list(ast.literal_eval(value))
        case ast.Assign([ast.Name(name)]) | ast.AnnAssign(ast.Name(name)):
            return [name]
    return []


def private_names(root: Path) -> set[tuple[str, str]]:
    """Each use of a private name that is not the product's own: the name, and the file."""
    own = own_names(root)
    return {
        (name, file.relative_to(root).as_posix())
        for file in product(root)
        for node in ast.walk(tree(file))
        for name in _used(node)
        if PRIVATE.fullmatch(name) and name not in own
    }


def _used(node: ast.AST) -> list[str]:
    match node:
        case ast.Attribute(attr=name):
            return [name]
        case ast.Call(
            ast.Name("getattr" | "hasattr" | "setattr"), [_, ast.Constant(str(name)), *_]
        ):
            return [name]
        case ast.alias(name=name) | ast.ImportFrom(module=str(name)):
            return name.split(".")
    return []


def undocumented_imports(root: Path) -> set[tuple[str, str]]:
    own = {*APPS, "tests"}
    return {
        (one.name, one.file)
        for app in APPS
        for one in imports(root, app, calls=False)
        if "migrations" not in Path(one.file).parts
        and one.name.partition(".")[0] not in own | sys.stdlib_module_names
        and not {one.name, one.name.rpartition(".")[0]} & DOCUMENTED
    }


def words(file: Path) -> set[str]:
    """All that a file names, imports by their whole name too."""
    found = {one.name for one in imports(ROOT, file.relative_to(ROOT).as_posix(), calls=False)}
    for node in ast.walk(tree(file)):
        found.update(_used(node))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
    return found


def test_every_private_or_undocumented_name_is_in_the_list() -> None:
    known = {(name, file) for row in listed() for name in row.names for file in row.files}
    everywhere = {name for row in listed() if not row.files for name in row.names}
    found = private_names(ROOT) | undocumented_imports(ROOT)
    assert {(name, file) for name, file in found if name not in everywhere} - known == set()


def test_what_is_in_the_list_is_used_where_it_says() -> None:
    used = {file.relative_to(ROOT).as_posix(): words(file) for file in product(ROOT)}
    for row in listed():
        for name in row.names:
            users = {file for file, names in used.items() if name in names}
            assert users, f"{name} is used nowhere"
            assert users >= set(row.files), f"{name} is not used in all of {row.files}"


def test_every_name_in_the_list_has_a_test_that_is_there() -> None:
    assert len(listed()) > 10
    for row in listed():
        assert row.names, row
        assert row.guards, row
        for guard in row.guards:
            file, _, name = guard.partition("::")
            if not guard.startswith("https://docs."):
                assert f"def {name}(" in (ROOT / file).read_text(), guard


def test_no_private_name_of_ours_takes_the_place_of_a_librarys() -> None:
    """A class that stands on a library's may not give a name that is used there already."""
    own, taken = own_names(ROOT), set()
    for file in product(ROOT):
        name = module(file.relative_to(ROOT).as_posix())
        if name.endswith("__main__"):
            continue
        for _, kind in inspect.getmembers(import_module(name), inspect.isclass):
            for base in kind.__mro__[1:] if kind.__module__ == name else ():
                if base.__module__.partition(".")[0] not in APPS:
                    clash = own & vars(kind).keys() & vars(base).keys()
                    taken |= {f"{kind.__qualname__}.{one} of {base.__qualname__}" for one in clash}
    assert taken == set()


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("ticket._prefetched_objects_cache", "_prefetched_objects_cache"),
        ("getattr(loop, '_ready')", "_ready"),
        ("def f(self):\n    self._tempDataLen = 0", "_tempDataLen"),
        ("from django.db.models.sql import Query", "django.db.models.sql.Query"),
        ("from django.utils._os import safe_join", "_os"),
        ("import twisted.internet._newtls", "_newtls"),
    ],
)
def test_a_name_that_is_not_in_the_list_is_found(code: str, name: str, tmp_path: Path) -> None:
    for app in APPS:
        (tmp_path / app).mkdir()
    (tmp_path / "live" / "new.py").write_text(code)
    found = private_names(tmp_path) | undocumented_imports(tmp_path)
    assert (name, "live/new.py") in found


def test_names_of_ones_own_are_not_found(tmp_path: Path) -> None:
    for app in APPS:
        (tmp_path / app).mkdir()
    (tmp_path / "live" / "new.py").write_text(
        "import asyncio\nfrom django.conf import settings\n"
        "class A:\n    __slots__ = ('_b',)\n    def __init__(self):\n        self._c = self._d()\n"
        "    def _d(self):\n        return self._b, self.__dict__\n"
    )
    assert private_names(tmp_path) | undocumented_imports(tmp_path) == set()

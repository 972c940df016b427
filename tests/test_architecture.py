"""What may import what, and how large a file may be. A rule that is broken names file and line."""

from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.imports import files, imports, module
from tests.servers import ROOT

APPS = ("live", "tickets", "ticketsystem")
LONGEST = 300  # lines of a file: one idea

# The whole of `live` that another app may use; live/__init__.py says what each is for.
FACE = ("live.publish", "live.head", "live.access_changed")

# Of `live`, the floor first: each module imports from its own row and those above it only.
FLOORS = (
    (
        "asgi",
        "addresses",
        "audience",
        "channels",
        "courtesy",
        "eager",
        "frames",
        "metrics",
        "models",
        "names",
        "slices",
        "threads",
    ),
    ("bell", "entries", "numbering", "request", "readers"),
    ("log",),
    ("retention", "rights"),
    ("sessions",),
    ("arrivals", "relay"),
    ("guard", "heartbeat", "ops", "snapshots"),
    ("admin", "process", "stream"),
    ("endpoint",),
    ("checks",),
)


@dataclass(frozen=True)
class Rule:
    within: str  # a file or folder
    never: tuple[str, ...]  # modules, with all that is in them
    but: tuple[str, ...] = ()  # these names all the same
    except_in: tuple[str, ...] = ()  # these files may

    def __str__(self) -> str:
        return f"{self.within} never imports {', '.join(self.never)}"


RULES = (
    # `live` could be lifted into another project as it stands.
    Rule("live", never=("tickets", "ticketsystem")),
    # The help desk does not know how its changes are delivered.
    Rule("tickets", never=("live",), but=FACE),
    Rule("tickets", never=("channels", "daphne", "django_eventstream", "ticketsystem")),
    # Each library is known by one file, so that it can be replaced in one file.
    *(
        Rule(app, never=("django_eventstream",), except_in=("live/channels.py",))
        for app in APPS
    ),
    Rule("live", never=("channels.layers",), except_in=("live/bell.py",)),
    Rule("live", never=("channels",), but=("channels.layers",), except_in=("live/endpoint.py",)),
    Rule("live/endpoint.py", never=("channels",), but=("channels.sessions",)),
    Rule("ticketsystem", never=("channels",)),
    Rule("ticketsystem", never=("daphne", "twisted")),
    # Models are the floor; whoever looks at a ticket stands on them.
    *(
        Rule(
            f"tickets/{module}.py",
            never=tuple(
                f"tickets.{other}"
                for other in ("receivers", "history", "views", "forms", "api", "admin", "board")
            ),
        )
        for module in ("models", "observed", "visibility", "public", "editing")
    ),
    # Invented people and stories stay out of the help desk.
    Rule("tickets", never=("tickets.demo",), except_in=(
        "tickets/management/commands/demo.py", "tickets/demo/moves.py", "tickets/demo/samples.py",
        "tickets/demo/steps.py",
    )),
    # A migration stands still while the code moves on.
    Rule("live/migrations", never=APPS),
    Rule("tickets/migrations", never=APPS),
    *(Rule(app, never=("tests", "bench")) for app in APPS),
)  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_nothing_is_imported_that_should_not_be_known(rule: Rule) -> None:
    assert breaches(ROOT, rule) == []


def test_the_rules_speak_of_files_that_are_there() -> None:
    """Else a file that is renamed slips out of its rules."""
    named = {file for rule in RULES for file in (rule.within, *rule.except_in)}
    named |= {f"live/{name}.py" for row in FLOORS for name in row}
    assert sorted(file for file in named if not (ROOT / file).exists()) == []


def test_imports_stand_at_the_top_where_a_cycle_shows() -> None:
    """But for `AppConfig.ready()`, which Django calls once models may be imported."""
    assert hidden_imports(ROOT) == []


def test_arrows_in_live_point_down_only() -> None:
    assert climbing_imports(ROOT) == []


@pytest.mark.parametrize("app", APPS)
def test_no_module_imports_itself_by_a_detour(app: str) -> None:
    assert cycle(ROOT, app) == []


def test_each_file_is_one_idea() -> None:
    assert long_files(ROOT) == []


@pytest.mark.parametrize(
    ("file", "code", "breach"),
    [
        ("live/bad.py", "x = 1\nimport tickets.models", "live/bad.py:2 imports tickets.models"),
        ("live/bad.py", "import_module('tickets.models')", "live/bad.py:1 imports tickets.models"),
        ("tickets/bad.py", "x = 1\nimport live.relay", "tickets/bad.py:2 imports live.relay"),
        ("tickets/bad.py", "from live import log", "tickets/bad.py:1 imports live.log"),
        ("tickets/bad.py", "from live import *", "tickets/bad.py:1 imports live.*"),
        ("tickets/bad.py", "import live\nlive.log.read()", "tickets/bad.py:2 imports live.log"),
        ("tickets/bad.py", "import channels", "tickets/bad.py:1 imports channels"),
        ("live/bad.py", "import django_eventstream.views",
         "live/bad.py:1 imports django_eventstream.views"),
        ("live/bad.py", "from channels.layers import get_channel_layer",
         "live/bad.py:1 imports channels.layers.get_channel_layer"),
        ("live/bad.py", "from channels.sessions import X",
         "live/bad.py:1 imports channels.sessions.X"),
        ("live/endpoint.py", "from channels.db import X",
         "live/endpoint.py:1 imports channels.db.X"),
        ("tickets/models.py", "def f():\n    from . import views",
         "tickets/models.py:2 imports tickets.views"),
        ("live/migrations/0001.py", "from live.log import read",
         "live/migrations/0001.py:1 imports live.log.read"),
    ],
)  # fmt: skip
def test_a_broken_rule_is_named(file: str, code: str, breach: str, tmp_path: Path) -> None:
    write(tmp_path, file, code)
    found = {one for rule in RULES for one in breaches(tmp_path, rule)}
    assert found == {breach}


def test_what_the_rules_allow_is_not_named(tmp_path: Path) -> None:
    write(tmp_path, "tickets/good.py", "import live\nfrom live import publish\nlive.head()")
    write(tmp_path, "live/channels.py", "from django_eventstream.event import Event")
    write(tmp_path, "live/bell.py", "from channels.layers import get_channel_layer")
    write(tmp_path, "live/endpoint.py", "from channels.sessions import SessionMiddlewareStack")
    assert [one for rule in RULES for one in breaches(tmp_path, rule)] == []


def test_a_hidden_a_climbing_and_a_circular_import_and_a_long_file_are_named(
    tmp_path: Path,
) -> None:
    write(tmp_path, "live/apps.py", "class C:\n    def ready(self):\n        from live import log")
    write(tmp_path, "live/log.py", "def f():\n    import live.stream")
    write(tmp_path, "live/stream.py", "import live.log\n" * 301)
    assert hidden_imports(tmp_path) == ["live/log.py:2 imports live.stream inside f()"]
    assert climbing_imports(tmp_path) == ["live/log.py:2 imports live.stream"]
    assert set(cycle(tmp_path, "live")) == {"live.log", "live.stream"}
    assert long_files(tmp_path) == ["live/stream.py has 301 lines"]


def breaches(root: Path, rule: Rule) -> list[str]:
    return [
        str(one)
        for one in imports(root, rule.within)
        if one.file not in rule.except_in
        and _is_within(one.name, rule.never)
        and not _is_within(one.name, rule.but)
        and one.name not in {name.split(".")[0] for name in rule.but}  # `import live`
    ]


def hidden_imports(root: Path) -> list[str]:
    return [
        f"{one} inside {one.function}()"
        for app in APPS
        for one in imports(root, app, calls=False)
        if one.function and not (one.file.endswith("/apps.py") and one.function == "ready")
    ]


def climbing_imports(root: Path) -> list[str]:
    floor = {f"live.{name}": level for level, row in enumerate(FLOORS) for name in row}
    return [
        str(one)
        for one in imports(root, "live")
        if (level := floor.get(module(one.file))) is not None
        and any(floor[name] > level for name in floor if _is_within(one.name, (name,)))
    ]


def cycle(root: Path, app: str) -> list[str]:
    """The modules of a ring of imports, if there is one."""
    modules = {module(file.relative_to(root).as_posix()) for file in files(root, app)}
    arrows: dict[str, set[str]] = {name: set() for name in modules}
    for one in imports(root, app):
        # The package's own face looks its names up when they are used, and for types.
        if not one.for_types and one.file != f"{app}/__init__.py":
            target = one.name if one.name in modules else one.name.rpartition(".")[0]
            arrows[module(one.file)] |= {target} & modules - {module(one.file), app}
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def long_files(root: Path) -> list[str]:
    lengths = {
        file.relative_to(root).as_posix(): len(file.read_text().splitlines())
        for app in APPS
        for file in files(root, app)
    }
    return [f"{file} has {lines} lines" for file, lines in lengths.items() if lines > LONGEST]


def _is_within(name: str, modules: tuple[str, ...]) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def write(root: Path, file: str, code: str) -> None:
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text(code)

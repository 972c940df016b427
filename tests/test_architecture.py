"""What may import what, and how large a file may be. A rule that is broken names file and line."""

import re
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.harness.imports import files, imports, module
from tests.harness.processes import ROOT

APPS = ("live", "tickets", "ticketsystem", "streamdoctor")
LONGEST = 300  # lines of a file: one idea
SCRIPT = re.compile(r"""(?:from|import)\s*\(?\s*"(\.[^"]+\.js)\"""")

# The whole of `live` that another app may use; live/__init__.py says what each is for.
FACE = (
    "live.publish", "live.head", "live.access_changed", "live.reload",
    "live.Observed", "live.Transition", "live.changed", "live.every", "live.listens",
    "live.observe",
)  # fmt: skip

# The rooms of `live`, the top one first, and what each holds; the README shows this picture. A
# module imports from its own room and from those below it, never from one above.
ROOMS = {
    ("apps",): "where Django starts it",
    ("admin", "checks", "context_processors", "management", "probes", "receivers"):
        "what people, pages and Django's signals ask",
    ("stream",): "GET /api/user/stream: who is let in, and one open response",
    ("process",): "once per event loop: relay, recent events, readers, ticker, guard, timed work",
    ("access",): "who somebody is and what they may see: sessions, audiences, rights",
    ("observed",): "models whose every change is told",
    ("log",): "events: written anywhere, numbered after the commit, read by servers; the bell",
    ("addresses", "conf", "metrics", "models", "writable"):
        "what every room may use",
}  # fmt: skip

# What reads a mail, in tickets/inbox/.
READING = (
    "body", "bounces", "calendars", "charsets", "files", "flowed", "headers", "history", "html",
    "kinds", "message", "parts", "reading", "said", "signatures", "statuses", "transfer",
)  # fmt: skip

# What bench uses of the harness.
SHARED = ("databases", "follower", "post", "processes", "servers", "sessions", "sse", "temporary")


@dataclass(frozen=True)
class Rule:
    within: str  # a file or folder
    never: tuple[str, ...]  # modules, with all that is in them
    but: tuple[str, ...] = ()  # these names all the same
    except_in: tuple[str, ...] = ()  # these files and folders may

    def __str__(self) -> str:
        return f"{self.within} never imports {', '.join(self.never)}"


RULES = (
    # `live` can be lifted into another project as it stands.
    Rule("live", never=("tickets", "ticketsystem")),
    # The help desk does not know how its changes are delivered.
    Rule("tickets", never=("live",), but=FACE),
    Rule("tickets", never=("channels", "daphne", "twisted", "django_eventstream", "ticketsystem")),
    # The doctor examines any event stream, and is installed without Django.
    Rule("streamdoctor", never=("django", "live", "tickets", "ticketsystem")),
    # It concludes only from what was seen, and sees only what came over the wire.
    Rule("streamdoctor/wire", never=("streamdoctor.probing", "streamdoctor.findings")),
    Rule("streamdoctor/probing", never=("streamdoctor.findings",)),
    Rule("tickets", never=("streamdoctor",)),
    Rule("ticketsystem", never=("streamdoctor",)),
    Rule("live", never=("streamdoctor",), except_in=("live/management/commands/streamdoctor.py",)),
    # Each library is known by one file, so that it can be replaced in one file.
    *(
        Rule(app, never=("django_eventstream",), except_in=("live/process/channels.py",))
        for app in APPS
    ),
    Rule("live", never=("channels",), except_in=("live/log/redis_bell.py",)),
    Rule("live/log/redis_bell.py", never=("channels",),
         but=("channels.layers", "channels.DEFAULT_CHANNEL_LAYER")),
    Rule("live", never=("psycopg",), except_in=("live/log/postgres_bell.py",)),
    Rule("tickets", never=("imapclient",), except_in=("tickets/inbox/fetching.py",)),
    Rule("ticketsystem", never=("channels",)),
    Rule("ticketsystem", never=("daphne", "twisted"), except_in=(
        "ticketsystem/serving/access.py", "ticketsystem/serving/backlog.py",
        "ticketsystem/serving/bodies.py", "ticketsystem/serving/door.py",
        "ticketsystem/serving/sending.py",
    )),
    Rule("tickets", never=("smtplib", "django.core.mail"), except_in=("tickets/mail/smtp.py",)),
    Rule("tickets", never=("aiosmtpd",), except_in=("tickets/demo/post.py",)),
    # Models are the floor; whoever looks at a ticket stands on them.
    *(
        Rule(
            f"tickets/{module}.py",
            never=tuple(
                f"tickets.{other}"
                for other in ("receivers", "history", "views", "forms", "api", "admin", "board")
            ),
        )
        for module in ("models", "visibility", "public", "editing")
    ),
    # Invented people and stories stay out of the help desk.
    Rule("tickets", never=("tickets.demo",), except_in=(
        "tickets/management/commands/demo.py", "tickets/demo/moves.py", "tickets/demo/samples.py",
        "tickets/demo/steps.py",
    )),
    # To read a mail takes its bytes and nothing else: no database, no settings.
    *(
        Rule(f"tickets/inbox/{module}.py", never=("django", "live", "tickets"), but=tuple(
            f"tickets.inbox.{other}" for other in READING if other != module
        ))
        for module in READING
    ),
    *(
        Rule("tickets/inbox", never=(library,), except_in=(f"tickets/inbox/{module}.py",))
        for library, module in (
            ("lxml", "html"), ("quotequail", "history"), ("flufl", "bounces"),
        )
    ),
    # A migration stands still while the code moves on.
    Rule("live/migrations", never=APPS),
    Rule("tickets/migrations", never=APPS, but=("tickets.migrations._locking",)),
    Rule("ticketsystem/logins/migrations", never=APPS),
    *(Rule(app, never=("tests", "bench")) for app in APPS),
    # Tests and bench share the harness, and know nothing else of each other. It starts servers for
    # bench too, whose requirements have no pytest and no httpx.
    Rule("bench", never=("tests",), but=("tests.harness",)),
    Rule("bench", never=("pytest", "httpx", "tests.harness.backends")),
    Rule("tests", never=("bench",), except_in=("tests/bench",)),
    Rule("tests/harness", never=("tests",), but=("tests.harness",)),
    *(
        Rule(f"tests/harness/{module}.py", never=("pytest", "httpx", "tests.harness.backends"))
        for module in SHARED
    ),
)  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_nothing_is_imported_that_should_not_be_known(rule: Rule) -> None:
    assert breaches(ROOT, rule) == []


def test_the_rules_speak_of_files_that_are_there() -> None:
    """Else a file that is renamed slips out of its rules."""
    named = {file for rule in RULES for file in (rule.within, *rule.except_in)}
    assert sorted(file for file in named if not (ROOT / file).exists()) == []
    there = {place.stem for place in (ROOT / "live").iterdir() if _holds_code(place)}
    assert {name for room in ROOMS for name in room} == there


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


def test_no_script_imports_itself_by_a_detour() -> None:
    """Nor names itself so in the types of its comments. Django puts the hash of what a script
    imports into the script's name: it would come to no end, and nothing could be served."""
    homes = (ROOT / "static", ROOT / "live/static", ROOT / "examples")
    scripts = {file: file.read_text() for home in homes for file in home.rglob("*.js")}
    arrows = {
        file: {(file.parent / name).resolve() for name in SCRIPT.findall(code)}
        for file, code in scripts.items()
    }
    assert any(arrows.values())
    TopologicalSorter(arrows).prepare()  # raises CycleError, which names them


@pytest.mark.parametrize(
    ("file", "code", "breach"),
    [
        ("live/bad.py", "x = 1\nimport tickets.models", "live/bad.py:2 imports tickets.models"),
        ("live/bad.py", "import_module('tickets.models')", "live/bad.py:1 imports tickets.models"),
        ("live/bad.py", "sys.modules['tickets.api']", "live/bad.py:1 imports tickets.api"),
        ("live/bad.py", "sys.modules.get('tickets.api')", "live/bad.py:1 imports tickets.api"),
        ("tickets/bad.py", "x = 1\nimport live.process.relay",
         "tickets/bad.py:2 imports live.process.relay"),
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
        ("live/log/redis_bell.py", "from channels.db import X",
         "live/log/redis_bell.py:1 imports channels.db.X"),
        ("live/log/bell.py", "from psycopg import connect",
         "live/log/bell.py:1 imports psycopg.connect"),
        ("tickets/models.py", "def f():\n    from . import views",
         "tickets/models.py:2 imports tickets.views"),
        ("streamdoctor/bad.py", "from django.conf import settings",
         "streamdoctor/bad.py:1 imports django.conf.settings"),
        ("live/migrations/0001.py", "from live.log import read",
         "live/migrations/0001.py:1 imports live.log.read"),
        ("bench/bad.py", "from tests.live import test_stream",
         "bench/bad.py:1 imports tests.live.test_stream"),
        ("bench/bad.py", "import pytest", "bench/bad.py:1 imports pytest"),
        ("tests/live/bad.py", "from bench.worker import Worker",
         "tests/live/bad.py:1 imports bench.worker.Worker"),
        ("tests/harness/bad.py", "from tests.live import test_stream",
         "tests/harness/bad.py:1 imports tests.live.test_stream"),
    ],
)  # fmt: skip
def test_a_broken_rule_is_named(file: str, code: str, breach: str, tmp_path: Path) -> None:
    write(tmp_path, file, code)
    found = {named for rule in RULES for named in breaches(tmp_path, rule)}
    assert found == {breach}


def test_what_the_rules_allow_is_not_named(tmp_path: Path) -> None:
    write(tmp_path, "tickets/good.py", "import live\nfrom live import publish\nlive.head()")
    write(tmp_path, "live/process/channels.py", "from django_eventstream.event import Event")
    write(tmp_path, "live/log/redis_bell.py", "from channels.layers import get_channel_layer")
    write(tmp_path, "bench/good.py", "from tests.harness.processes import ROOT")
    write(tmp_path, "tests/bench/test_good.py", "from bench import table")
    assert [named for rule in RULES for named in breaches(tmp_path, rule)] == []


def test_a_hidden_a_climbing_and_a_circular_import_and_a_long_file_are_named(
    tmp_path: Path,
) -> None:
    write(tmp_path, "live/apps.py", "class C:\n    def ready(self):\n        from live import log")
    write(tmp_path, "live/log/a.py", "def f():\n    import live.stream.b")
    write(tmp_path, "live/stream/b.py", "import live.log.a\n" * 301)
    assert hidden_imports(tmp_path) == ["live/log/a.py:2 imports live.stream.b inside f()"]
    assert climbing_imports(tmp_path) == ["live/log/a.py:2 imports live.stream.b"]
    assert set(cycle(tmp_path, "live")) == {"live.log.a", "live.stream.b"}
    assert long_files(tmp_path) == ["live/stream/b.py has 301 lines"]


def breaches(root: Path, rule: Rule) -> list[str]:
    return [
        str(found)
        for found in imports(root, rule.within)
        if not any(_is_in(found.file, place) for place in rule.except_in)
        and _is_within(found.name, rule.never)
        and not _is_within(found.name, rule.but)
        and found.name not in {name.split(".")[0] for name in rule.but}  # `import live`
    ]


def hidden_imports(root: Path) -> list[str]:
    return [
        f"{found} inside {found.function}()"
        for app in APPS
        for found in imports(root, app, calls=False)
        if found.function and not (found.file.endswith("/apps.py") and found.function == "ready")
    ]


def climbing_imports(root: Path) -> list[str]:
    floor = {f"live.{name}": level for level, room in enumerate(ROOMS) for name in room}
    return [
        str(found)
        for found in imports(root, "live")
        if (level := floor.get(_room(module(found.file)))) is not None
        and floor.get(_room(found.name), level) < level
    ]


def _room(name: str) -> str:
    return ".".join(name.split(".")[:2])


def _holds_code(place: Path) -> bool:
    if place.is_dir():
        return place.name != "migrations" and any(place.glob("*.py"))
    return place.suffix == ".py" and place.stem != "__init__"


def cycle(root: Path, app: str) -> list[str]:
    """The modules of a ring of imports, if there is one."""
    modules = {module(file.relative_to(root).as_posix()) for file in files(root, app)}
    arrows: dict[str, set[str]] = {name: set() for name in modules}
    for found in imports(root, app):
        # The package's own face looks its names up when they are used, and for types.
        if not found.for_types and found.file != f"{app}/__init__.py":
            target = found.name if found.name in modules else found.name.rpartition(".")[0]
            arrows[module(found.file)] |= {target} & modules - {module(found.file), app}
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


def _is_in(file: str, place: str) -> bool:
    return file == place or file.startswith(f"{place}/")


def _is_within(name: str, modules: tuple[str, ...]) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def write(root: Path, file: str, code: str) -> None:
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text(code)

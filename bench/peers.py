"""The peers: servers that are measured beside each other."""

from dataclasses import dataclass, field


@dataclass(frozen=True, eq=False)
class Peer:
    name: str
    says: str
    application: str
    settings: str = ""  # of Django; without, there are no people and no sessions
    server: str = "daphne"  # its name in bench/commands.py
    environment: dict[str, str] = field(default_factory=dict)
    marker: str = "event: ticket.created"  # once in each event
    opened: str = "event:"  # in the first bytes: from here on nothing is missed
    scheme: str = "http"  # or ws
    resumes: bool = False  # whether it keeps events for who comes back
    forks: bool = False  # whether a worker of the process serves
    posts: int = 10  # per measurement; fewer where each takes seconds
    at_once: int = 4000  # streams it is asked to hold at most
    database: str = "SQLite"  # that it needs; on another one it is in the figures of that alone


OURS = Peer(
    "ours",
    "This project as production starts it: on Daphne.",
    "ticketsystem.asgi:application",
    "ticketsystem.settings",
    resumes=True,
)
OURS_UVICORN = Peer(
    "ours-uvicorn",
    "The same application under uvicorn, with httptools and uvloop.",
    OURS.application,
    OURS.settings,
    "uvicorn",
    resumes=True,
)
RECIPE = Peer(
    "recipe",
    "django-eventstream's view on Daphne, one send_event per user.",
    "bench.recipe.asgi:application",
    "bench.recipe.settings",
    posts=5,
)
STORING = Peer(
    "recipe-storing",
    "The same with its events stored, without which no browser can resume.",
    RECIPE.application,
    RECIPE.settings,
    environment={"RECIPE_STORAGE": "1"},
    resumes=True,
    posts=3,
    at_once=1000,
)
WEBSOCKET = Peer(
    "websocket",
    "A Channels consumer on Daphne, one group_send per ticket to the group of its queue.",
    "bench.websocket.asgi:application",
    "bench.websocket.settings",
    marker='"event": "ticket.created"',
    opened="HTTP/1.1 101",
    scheme="ws",
    posts=3,
    at_once=1000,  # its layer looks at all channels for each: ten seconds an event at 4,000
)
DJREALTIME = Peer(
    "djrealtime",
    "djrealtime on Daphne and PostgreSQL, one NOTIFY with the event in it per user.",
    "bench.notifying.asgi:application",
    "bench.notifying.settings",
    marker='"type": "ticket.created"',
    opened='"type": "connected"',
    posts=3,
    at_once=1000,
    database="PostgreSQL",
)
FLOOR = Peer(
    "bare-daphne",
    "Daphne as it comes with an ASGI loop that only writes: no sessions, no users, no save.",
    "bench.floor:application",
)
FLOOR_UVICORN = Peer(
    "bare-uvicorn",
    "The same loop under uvicorn, with httptools and uvloop.",
    FLOOR.application,
    server="uvicorn",
)
NCHAN = Peer(
    "nchan",
    "nginx with nchan, in C, one channel for all: no sessions, no users, no save.",
    "",
    server="nchan",
    forks=True,
    opened=": hi",
)
PEERS = (
    OURS, OURS_UVICORN, RECIPE, STORING, WEBSOCKET, DJREALTIME, FLOOR, FLOOR_UVICORN, NCHAN,
)  # fmt: skip

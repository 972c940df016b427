"""What is measured beside each other."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Peer:
    name: str
    application: str
    settings: str = ""  # of Django; without, there are no people and no sessions
    environment: dict[str, str] = field(default_factory=dict)
    posts: int = 10  # per round; fewer where each takes seconds
    saves_outside: bool = False  # whether a save in another process is delivered at all


OURS = Peer("ours", "ticketsystem.asgi:application", "ticketsystem.settings", saves_outside=True)
RECIPE = Peer("recipe", "bench.recipe.asgi:application", "bench.recipe.settings", posts=5)
STORING = Peer(
    "recipe-storing", RECIPE.application, RECIPE.settings, {"RECIPE_STORAGE": "1"}, posts=3
)
FLOOR = Peer("bare-daphne", "bench.floor:application")
PEERS = (OURS, RECIPE, STORING, FLOOR)  # ours first: the floor writes the bytes of its event

"""What templates/live/client.html needs, on every page."""

from functools import cache
from hashlib import blake2s
from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import HttpRequest

SCRIPTS = "live"  # the folder of the client's scripts among the static files


def live(request: HttpRequest) -> dict[str, object]:
    user = getattr(request, "user", None)  # a Host that is refused is refused before anybody is
    return {"live_user_id": getattr(user, "pk", None), "live_version": scripts_version()}


@cache
def scripts_version() -> str:
    """Changes with the client's scripts, so that tabs of two releases never share a worker."""
    folder = finders.find(SCRIPTS)
    content = blake2s(digest_size=6)
    for script in sorted(Path(str(folder)).glob("*.js")):
        content.update(script.read_bytes())
    return content.hexdigest()

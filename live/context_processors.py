"""What live/templates/live/client.html needs to know, on every page."""

from functools import cache, partial
from hashlib import blake2s
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.urls import get_script_prefix

from live.conf import conf

SCRIPTS = Path(__file__).parent / "static" / "live"


def live(request: HttpRequest) -> dict[str, object]:
    """Templates call a function that they find here, so only a page that shows it pays for it."""
    user = getattr(request, "user", None)  # a Host that is refused is refused before anybody is
    key = getattr(user, "pk", None)
    return {
        "live_user_id": "" if key is None else str(key),
        "live_version": scripts_version,
        "live_stream_url": get_script_prefix().rstrip("/") + conf.STREAM_PATH,
        "live_login_url": partial(resolve_url, settings.LOGIN_URL),
    }


@cache
def scripts_version() -> str:
    """Changes with the client's scripts, so that tabs of two releases never share a worker.

    A project may put a script of its own in the place of one of ours: then that one counts, as it
    is the one that browsers get.
    """
    content = blake2s(digest_size=6)
    for script in sorted(SCRIPTS.glob("*.js")):
        served = finders.find(f"live/{script.name}")
        content.update(Path(str(served or script)).read_bytes())
    return content.hexdigest()

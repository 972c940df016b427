"""The path under which a site is served, where that is not the root of its host.

A proxy in front passes the whole path on, or takes the prefix off first. Both work: from here on
each path carries the prefix, as ASGI and Django expect it. Without this, a page behind a proxy that
takes it off would lead people who sign in to an address that does not exist.
"""

from django.conf import settings

from live.stream.asgi import Scope


def prefix_of(scope: Scope) -> str:
    """Such as "/desk"; "" for a site at the root. FORCE_SCRIPT_NAME, or what the server was told
    (Daphne's and uvicorn's `--root-path`)."""
    return str(settings.FORCE_SCRIPT_NAME or scope.get("root_path") or "").rstrip("/")


def path_within(scope: Scope) -> str:
    """The path of the request within the site, without the prefix."""
    path, prefix = str(scope["path"]), prefix_of(scope)
    is_whole = path == prefix or path.startswith(f"{prefix}/")
    return path.removeprefix(prefix) if is_whole else path


def with_prefix(scope: Scope) -> Scope:
    """The scope with the whole path, whether or not a proxy has taken the prefix off."""
    prefix = prefix_of(scope)
    if not prefix:
        return scope
    return {**scope, "path": prefix + path_within(scope), "root_path": prefix}

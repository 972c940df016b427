"""Loads what Django would load at the first request that needs it: all views, the project's own
templates with their context processors, how forms are rendered, and the names of the collected
static files.

An upgrade puts new code where a running process has started from. What the process has loaded by
then is all of its own release; what it loaded later would be a mixture of two releases, and a page
could fail until the process is restarted.
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.files.storage import storages
from django.forms.renderers import get_default_renderer
from django.template.loader import get_template
from django.utils.module_loading import import_string


def everything() -> None:
    """At the start of the process, before it listens."""
    import_module(settings.ROOT_URLCONF)
    engines: Any = settings.TEMPLATES
    for engine in engines:
        for context_processor in engine["OPTIONS"]["context_processors"]:
            import_string(context_processor)
    for name in own_templates():
        get_template(name)  # Django keeps it
    get_default_renderer()
    _ = storages["staticfiles"]


def own_templates() -> Iterator[str]:
    """The names of the templates that lie in this project, and not in a library."""
    apps_folders = (Path(config.path) / "templates" for config in apps.get_app_configs())
    own = (folder for folder in apps_folders if "site-packages" not in folder.parts)
    for folder in (settings.BASE_DIR / "templates", *own):
        for path in sorted([*folder.rglob("*.html"), *folder.rglob("*.txt")]):  # of mails
            yield str(path.relative_to(folder))

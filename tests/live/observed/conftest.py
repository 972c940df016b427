"""An app of another project, installed for the tests of this folder."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, connections
from django.test.utils import modify_settings

import live
from live import Transition

GARAGE = "tests.live.observed.garage"


@pytest.fixture(scope="package", autouse=True)
def garage(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with modify_settings(INSTALLED_APPS={"append": GARAGE}), django_db_blocker.unblock():
        create_tables("default")
        yield
        with connection.schema_editor() as editor:
            for model in reversed(tables()):
                editor.delete_model(model)


@pytest.fixture(scope="package")
def archive(garage: None, django_db_blocker: Any) -> Iterator[None]:
    """A second database with the garage's tables."""
    connections.databases["archive"] = {
        **connections.databases["default"],
        "ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "OPTIONS": {},
    }  # fmt: skip
    with django_db_blocker.unblock():
        create_tables("archive")
        yield
        connections["archive"].close()
    del connections["archive"], connections.databases["archive"]


def create_tables(database: str) -> None:
    with connections[database].schema_editor() as editor:
        for model in tables():
            editor.create_model(model)


def tables() -> list[Any]:
    models = apps.get_app_config("garage").get_models()
    return [model for model in models if not model._meta.proxy]


@pytest.fixture
def told() -> Iterator[list[Transition[Any]]]:
    """What is told of the garage's models, as it is told."""
    transitions: list[Transition[Any]] = []

    def listen(sender: Any, transition: Transition[Any], **kwargs: Any) -> None:
        if sender._meta.app_label == "garage":
            for row in (transition.before, transition.after):
                assert row is None or type(row) is sender
            transitions.append(transition)

    live.changed.connect(listen)
    yield transitions
    live.changed.disconnect(listen)

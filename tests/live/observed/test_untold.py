"""What cannot be told row by row has everybody's pages load afresh: once, in its transaction."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core import serializers
from django.core.management import call_command
from django.db import connection, models, transaction
from django.db.migrations.state import ProjectState
from django.test.utils import isolate_apps

from live.log.writing import reload_everybody
from live.observed import untold
from tests.harness.told import Told, forget, only, told
from tests.live.observed.garage.models import Car, Key, Note, Owner, Place

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def car(db: None) -> Car:
    return Car.objects.create(
        plate="A 1", owner=Owner.objects.create(name="alice"), place=Place.objects.create(name="P")
    )


@pytest.fixture
def past(car: Car) -> Callable[[str], Any]:
    """The models as a migration gets them."""
    Key.objects.create(label="front")
    historical = ProjectState.from_apps(apps).apps
    forget()
    return lambda name: historical.get_model("garage", name)


def is_reset_for_everybody(event: Told) -> bool:
    return (event.name, event.data, event.audience) == ("reset", {"reason": "untold"}, {"*"})


def save(model: Any) -> None:
    row = model.objects.get()
    row.save()


def bulk_update(model: Any) -> None:
    row = model.objects.get()
    row.plate = "B 2"
    model.objects.bulk_update([row], ["plate"])


Past = Callable[[str], Any]
WRITES: dict[str, Callable[[Past], Any]] = {
    "save": lambda past: save(past("Car")),
    "create": lambda past: past("Car").objects.create(plate="N 1"),
    "get_or_create": lambda past: past("Car").objects.get_or_create(plate="N 1"),
    "update": lambda past: past("Car").objects.update(plate="B 2"),
    "bulk_update": lambda past: bulk_update(past("Car")),
    "bulk_create": lambda past: past("Car").objects.bulk_create([past("Car")(plate="N 1")]),
    "bulk_create that ignores conflicts": lambda past: past("Car").objects.bulk_create(
        [past("Car")(plate="N 1")], ignore_conflicts=True
    ),
    "delete": lambda past: past("Car").objects.get().delete(),
    "queryset.delete": lambda past: past("Car").objects.all().delete(),
    "cascade": lambda past: past("Place").objects.all().delete(),
    "SET_NULL": lambda past: past("Owner").objects.all().delete(),
    "owner.cars.clear": lambda past: past("Owner").objects.get().cars.clear(),
    "owner.cars.create": lambda past: past("Owner").objects.get().cars.create(plate="N 1"),
    "the proxy's update": lambda past: past("RedCar").objects.update(plate="B 2"),
    "the proxy's save": lambda past: save(past("RedCar")),
    "the proxy's delete": lambda past: past("RedCar").objects.all().delete(),
    "the child's create": lambda past: past("Van").objects.create(plate="N 1"),
    "a model with the base": lambda past: past("Key").objects.update(label="back"),
    "save with the base": lambda past: save(past("Key")),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_a_migrations_model_has_everybody_reload(write: Callable[[Past], Any], past: Past) -> None:
    write(past)
    assert is_reset_for_everybody(only())


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_what_a_migration_rolls_back_reloads_nobody(
    write: Callable[[Past], Any], past: Past
) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        write(past)
        _ = 1 / 0
    assert told() == []


def test_all_that_one_transaction_writes_is_told_once(past: Past) -> None:
    with transaction.atomic():
        past("Place").objects.create(name="Roof")
        with transaction.atomic():  # in a savepoint, which the next one knows nothing of
            past("Car").objects.update(plate="B 2")
        past("Key").objects.all().delete()
        past("Car").objects.bulk_create([past("Car")(plate=f"{number}") for number in range(3)])
    assert is_reset_for_everybody(only())


def test_a_write_after_a_savepoint_that_was_rolled_back_is_told(past: Past) -> None:
    with transaction.atomic():
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            past("Car").objects.update(plate="B 2")
            _ = 1 / 0
        past("Car").objects.update(plate="C 3")
    assert is_reset_for_everybody(only())


def test_what_a_migration_writes_of_other_models_is_told_nobody(past: Past) -> None:
    past("Note").objects.create(car=past("Car").objects.get(), text="a")
    past("Note").objects.update(text="b")
    past("Note").objects.all().delete()
    past("Owner").objects.update(name="bob")
    assert told() == []
    assert not untold.is_double(Note)


def test_users_that_a_migration_writes_have_everybody_reload(alice: User) -> None:
    """They may have other names, and other rights."""
    historical = ProjectState.from_apps(apps).apps.get_model("auth", "User")
    forget()
    historical.objects.filter(pk=alice.pk).update(first_name="Alicia", is_superuser=True)
    assert is_reset_for_everybody(only())
    forget()
    User.objects.filter(pk=alice.pk).update(first_name="Alice")  # by the model itself
    assert [event.data for event in told()] == [{"reason": "renamed"}]


def test_another_model_over_the_same_table_has_everybody_reload(car: Car) -> None:
    with isolate_apps("tests.live.observed.garage"):

        class Floor(models.Model):
            name = models.CharField(max_length=50)

            class Meta:
                app_label = "garage"
                db_table = "garage_place"
                managed = False

    forget()
    Floor.objects.update(name="Cellar")
    assert is_reset_for_everybody(only())


@pytest.mark.django_db(databases=["default", "archive"])
def test_a_migration_of_another_database_reloads_nobody(past: Past, archive: None) -> None:
    row = past("Place")(name="elsewhere")
    row.save(using="archive")
    past("Place").objects.using("archive").update(name="there")
    past("Place").objects.using("archive").all().delete()
    assert told() == []


def test_before_the_log_has_its_table_a_migration_tells_nobody(past: Past) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE live_event RENAME TO live_event_of_later")
        past("Place").objects.update(name="Cellar")
        past("Car").objects.all().delete()
        past("Place").objects.create(name="Roof")
        assert past("Place").objects.count() == 2
        _ = 1 / 0
    assert told() == []


# --- loaddata -------------------------------------------------------------------------------------


@pytest.fixture
def dump(car: Car, tmp_path: Path) -> Path:
    rows = [*Owner.objects.all(), *Place.objects.all(), car, *Key.objects.all()]
    rows += [Car.objects.create(plate=f"{number}") for number in range(3)]
    rows.append(Key.objects.create(label="front"))
    rows.append(User.objects.create_user("eve", first_name="Eve"))
    file = tmp_path / "dump.json"
    # Backwards, so that each row comes before those that it points to.
    file.write_text(serializers.serialize("json", reversed(rows)))
    return file


@pytest.mark.parametrize("is_empty", [True, False])
def test_loading_a_dump_is_told_once_whatever_it_holds(dump: Path, is_empty: bool) -> None:
    if is_empty:
        for model in (Car, Place, Owner, Key, User):
            model.objects.all().delete()
    else:
        Car.objects.update(colour="blue")
        User.objects.update(first_name="Other", is_superuser=True)
    forget()
    call_command("loaddata", dump, verbosity=0)
    assert is_reset_for_everybody(only())
    assert Car.objects.filter(colour="grey").count() == 4
    assert User.objects.get(username="eve").first_name == "Eve"


def test_a_dump_that_cannot_be_loaded_reloads_nobody(dump: Path) -> None:
    rows = json.loads(dump.read_text())
    rows.append({"model": "garage.car", "pk": "not a key", "fields": {}})
    dump.write_text(json.dumps(rows))
    forget()
    with pytest.raises(serializers.base.DeserializationError):
        call_command("loaddata", dump, verbosity=0)
    assert told() == []


def test_each_dump_is_told_within_a_transaction_too(dump: Path) -> None:
    forget()
    with transaction.atomic():
        call_command("loaddata", dump, verbosity=0)
        call_command("loaddata", dump, verbosity=0)
    assert [is_reset_for_everybody(event) for event in told()] == [True, True]


def test_in_autocommit_each_call_is_told() -> None:
    forget()
    reload_everybody()
    reload_everybody()
    assert len(told()) == 2

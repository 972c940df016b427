"""Whatever writes an observed model's table is told, once; all other models are left alone."""

import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection, connections, models, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.db.models.sql import UpdateQuery
from django.test.utils import CaptureQueriesContext

import live
from live import Transition
from live.models import Event
from live.observed import wrapping
from tests.live.observed.garage.models import Car, Garage, Note, Owner, Place, RedCar, Van, nobody

pytestmark = pytest.mark.django_db

Told = list[Transition[Any]]
Way = Callable[[Car, Owner], Any]  # of (alice's car, carol)


class Broken(Exception):
    """A receiver of `changed` failed."""


@pytest.fixture
def alice() -> Owner:
    return Owner.objects.create(name="alice")


@pytest.fixture
def carol() -> Owner:
    return Owner.objects.create(name="carol")


@pytest.fixture
def car(alice: Owner, told: Told) -> Car:
    car = Car.objects.create(plate="A 1", owner=alice)
    car.refresh_from_db()
    told.clear()
    return car


@pytest.fixture
def broken(request: pytest.FixtureRequest) -> None:
    def fail(sender: Any, **kwargs: Any) -> None:
        raise Broken

    live.changed.connect(fail, sender=Car, weak=False)
    request.addfinalizer(lambda: live.changed.disconnect(fail, sender=Car))


def values(transition: Transition[Any], name: str) -> tuple[Any, Any]:
    before, after = transition.before, transition.after
    return (before and getattr(before, name), after and getattr(after, name))


# --- changes --------------------------------------------------------------------------------------


def by_save(car: Car, carol: Owner) -> None:
    car.owner = carol
    car.save()


def by_save_of_the_field(car: Car, carol: Owner) -> None:
    car.owner = carol
    car.save(update_fields=["owner_id"])


def by_an_unbound_save(car: Car, carol: Owner) -> None:
    car.owner = carol
    models.Model.save(car)


def by_the_proxy(car: Car, carol: Owner) -> None:
    Car.objects.filter(pk=car.pk).update(colour="red")
    proxy = RedCar.objects.get(pk=car.pk)
    proxy.owner = carol
    proxy.save()


def by_bulk_update(car: Car, carol: Owner) -> None:
    car.owner = carol
    Car.objects.bulk_update([car], ["owner"])


REASSIGNING: dict[str, Way] = {
    "save": by_save,
    "save(update_fields=[column])": by_save_of_the_field,
    "save past the override": by_an_unbound_save,
    "bulk_update": by_bulk_update,
    "update": lambda car, carol: Car.objects.update(owner=carol),
    "update of the column": lambda car, carol: Car.objects.update(owner_id=carol.pk),
    "update by the base manager": lambda car, carol: Car._base_manager.update(owner=carol),
    "update by the proxy": lambda car, carol: RedCar.objects.update(owner=carol),
    "update across a relation that matches twice": lambda car, carol: Car.objects.filter(
        notes__text__in=["a", "b"]
    ).update(owner=carol),
    "update_or_create": lambda car, carol: Car.objects.update_or_create(
        defaults={"owner": carol}, pk=car.pk
    ),
    "owner.cars.add": lambda car, carol: carol.cars.add(car),
    "owner.cars.add, each": lambda car, carol: carol.cars.add(car, bulk=False),
    "owner.cars.set": lambda car, carol: carol.cars.set([car]),
    "owner.cars.update": lambda car, carol: car.owner.cars.update(owner=carol),
}


@pytest.mark.parametrize("reassign", REASSIGNING.values(), ids=REASSIGNING.keys())
def test_every_way_to_change_is_told_once_as_it_stood_before_and_after(
    reassign: Way, car: Car, alice: Owner, carol: Owner, told: Told
) -> None:
    Note.objects.bulk_create([Note(car=car, text="a"), Note(car=car, text="b")])
    reassign(car, carol)
    (transition,) = told
    assert transition.fields == ("owner",)
    assert values(transition, "owner") == (alice, carol)
    assert values(transition, "pk") == (car.pk, car.pk)
    assert Car.objects.get().owner == carol


def test_a_save_of_a_proxy_is_told_of_its_model(car: Car, told: Told) -> None:
    RedCar.objects.get(pk=car.pk).save()
    (transition,) = told
    assert transition.fields == ("colour",)
    assert values(transition, "colour") == ("grey", "red")


def test_the_part_of_a_child_that_stands_in_the_models_table_is_told(told: Told) -> None:
    van = Van.objects.create(plate="V 1", load=3)
    van.load = 4
    van.save()
    Van.objects.update(load=5)
    Van.objects.update(plate="V 2", load=6)
    van.refresh_from_db()
    assert (van.plate, van.load) == ("V 2", 6)
    van.delete()
    assert [transition.fields for transition in told] == [(), ("plate",), ()]
    assert [values(transition, "plate") for transition in told] == [
        (None, "V 1"), ("V 1", "V 2"), ("V 2", None),
    ]  # fmt: skip


def test_what_the_database_computes_is_told_as_it_came_out(car: Car, told: Told) -> None:
    Car._base_manager.update(plate=Concat(F("plate"), Value("!")))
    car.colour = Concat(F("colour"), Value("ish"))
    models.Model.save(car, update_fields=["colour"])
    assert [transition.fields for transition in told] == [("plate",), ("colour",)]
    assert values(told[0], "plate") == ("A 1", "A 1!")
    assert values(told[1], "colour") == ("grey", "greyish")


def test_a_column_that_the_database_computes_from_others_is_told(told: Told) -> None:
    garage = Garage.objects.create(length=5, width=3)
    Garage.objects.update(length=6)
    garage.width = 4
    garage.save(update_fields=["width"])
    assert [values(transition, "area") for transition in told] == [(None, 15), (15, 18), (18, 24)]


def test_what_a_queryset_and_a_save_do_of_their_own_is_done_and_told(car: Car, told: Told) -> None:
    Car.objects.update(plate="b 2")
    car.plate = "c 3"
    car.save()
    assert [values(transition, "plate") for transition in told] == [("A 1", "B 2"), ("B 2", "C 3")]


def test_rows_that_the_managers_hide_are_told_too(car: Car, told: Told) -> None:
    Car.objects.update(colour="invisible")
    assert not Car.objects.exists()
    Car._base_manager.update(colour="blue")
    assert [values(transition, "colour") for transition in told] == [
        ("grey", "invisible"), ("invisible", "blue"),
    ]  # fmt: skip


def test_many_rows_are_told_one_by_one_in_the_order_of_their_keys(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("live.observed.observation.AT_ONCE", 7)
    Car.objects.bulk_create(Car(plate=f"{number}") for number in range(30))
    told.clear()
    assert Car.objects.update(colour="blue") == 30
    keys = [transition.after.pk for transition in told]
    assert keys == sorted(keys)
    assert len(set(keys)) == 30


def test_rows_loaded_before_an_update_are_loaded_afresh(car: Car) -> None:
    cars = Car.objects.all()
    assert cars[0].colour == next(iter(cars)).colour == "grey"
    cars.update(colour="blue")
    assert cars[0].colour == "blue"


def test_all_columns_but_the_key_are_tracked_unless_others_are_named(told: Told) -> None:
    place = Place.objects.create(name="Cellar")
    Place.objects.update(name="Roof", floor=5)
    assert told[1].fields == ("name", "floor")
    assert values(told[1], "floor") == (0, 5)
    assert told[1].after == place


# --- losing, creating, deleting ------------------------------------------------------------------

UNASSIGNING: dict[str, Callable[[Owner], Any]] = {
    "owner.cars.remove": lambda alice: alice.cars.remove(Car.objects.get()),
    "owner.cars.clear": lambda alice: alice.cars.clear(),
    "owner.cars.clear, each": lambda alice: alice.cars.clear(bulk=False),
    "owner.cars.set": lambda alice: alice.cars.set([]),
    "owner.delete": lambda alice: alice.delete(),
    "deleting many owners": lambda alice: Owner.objects.all().delete(),
}


@pytest.mark.parametrize("unassign", UNASSIGNING.values(), ids=UNASSIGNING.keys())
def test_every_way_to_lose_what_a_row_points_to_is_told(
    unassign: Callable[[Owner], Any], car: Car, alice: Owner, told: Told
) -> None:
    number = alice.pk
    unassign(alice)
    (transition,) = told
    assert transition.fields == ("owner",)
    assert values(transition, "owner_id") == (number, None)


def test_what_a_function_sets_on_deletion_is_told(car: Car, alice: Owner, told: Told) -> None:
    Car.objects.update(owner=None, driver=alice)
    told.clear()
    alice.delete()
    (transition,) = told
    assert transition.fields == ("driver",)
    assert transition.after is not None
    assert transition.after.driver == nobody()


CREATING: dict[str, Callable[[Owner], Any]] = {
    "save": lambda carol: Car(plate="N 1", owner=carol).save(),
    "create": lambda carol: Car.objects.create(plate="N 1", owner=carol),
    "bulk_create": lambda carol: Car.objects.bulk_create([Car(plate="N 1", owner=carol)]),
    "bulk_create of a generator": lambda carol: Car.objects.bulk_create(
        Car(plate=plate, owner=carol) for plate in ["N 1"]
    ),
    "get_or_create": lambda carol: Car.objects.get_or_create(plate="N 1", owner=carol),
    "update_or_create": lambda carol: Car.objects.update_or_create(
        plate="N 1", create_defaults={"plate": "N 1", "owner": carol}
    ),
    "owner.cars.create": lambda carol: carol.cars.create(plate="N 1"),
    "owner.cars.add": lambda carol: carol.cars.add(Car(plate="N 1"), bulk=False),
    "the proxy": lambda carol: RedCar(plate="N 1", owner=carol).save(),
    "bulk_create of the proxy": lambda carol: RedCar.objects.bulk_create(
        [RedCar(plate="N 1", owner=carol)]
    ),
}


@pytest.mark.parametrize("create", CREATING.values(), ids=CREATING.keys())
def test_every_way_to_create_is_told(
    create: Callable[[Owner], Any], carol: Owner, told: Told
) -> None:
    create(carol)
    (transition,) = told
    assert (transition.before, transition.after) == (None, Car.objects.get())
    assert values(transition, "owner") == (None, carol)
    assert isinstance(Car.objects.get().pk, uuid.UUID)


DELETING: dict[str, Callable[[Car], Any]] = {
    "delete": lambda car: car.delete(),
    "queryset.delete": lambda car: Car.objects.all().delete(),
    "the proxy": lambda car: RedCar.objects.get(pk=car.pk).delete(),
    "queryset.delete of the proxy": lambda car: RedCar.objects.all().delete(),
    "owner.cars.delete": lambda car: car.owner.cars.all().delete(),
    "cascade": lambda car: Place.objects.filter(name="Roof").delete(),
}


@pytest.mark.parametrize("delete", DELETING.values(), ids=DELETING.keys())
def test_every_way_to_delete_is_told_as_the_row_was_stored(
    delete: Callable[[Car], Any], car: Car, alice: Owner, told: Told
) -> None:
    Car.objects.update(place=Place.objects.create(name="Roof"))
    key = car.pk
    car.plate = "never saved"
    told.clear()
    delete(car)
    (transition,) = (one for one in told if isinstance(one.before, Car))
    assert transition.after is None
    assert values(transition, "plate") == ("A 1", None)
    assert values(transition, "pk") == (key, None)
    assert not Car.objects.exists()


# --- and nothing else -----------------------------------------------------------------------------


def save_what_is_not_tracked(car: Car) -> None:
    car.saved = 7
    car.save()
    car.save(update_fields=["saved"])


NOT_CHANGING: dict[str, Callable[[Car], Any]] = {
    "save": lambda car: car.save(),
    "save of what is not tracked": save_what_is_not_tracked,
    "update": lambda car: Car.objects.update(colour="grey"),
    "update of what is not tracked": lambda car: Car.objects.update(saved=3),
    "update of none": lambda car: Car.objects.none().update(colour="blue"),
    "bulk_update": lambda car: Car.objects.bulk_update([car], ["colour", "owner"]),
    "bulk_create of none": lambda car: Car.objects.bulk_create([]),
    "get_or_create": lambda car: Car.objects.get_or_create(pk=car.pk),
}


@pytest.mark.parametrize("write", NOT_CHANGING.values(), ids=NOT_CHANGING.keys())
def test_what_changes_no_tracked_field_tells_nothing(
    write: Callable[[Car], Any], car: Car, told: Told
) -> None:
    write(car)
    assert told == []


def test_the_same_value_in_another_shape_is_no_change(car: Car, told: Told) -> None:
    car.pk = str(car.pk)
    car.owner_id = str(car.owner_id)
    car.save()
    assert told == []


def test_other_models_are_written_as_by_django_alone(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    def statements() -> list[str]:
        owner = Owner.objects.create(name="alice")
        with CaptureQueriesContext(connection) as queries:
            owner.save()
            Owner.objects.update(seen=1)
            Owner.objects.bulk_update([owner], ["seen"])
            Owner.objects.bulk_create([Owner(pk=owner.pk, name="bob")], ignore_conflicts=True)
            Group.objects.create(name="drivers").user_set.clear()
            Group.objects.all().delete()
        return [query["sql"].split()[0] for query in queries]

    watched = statements()
    monkeypatch.setattr(models.QuerySet, "update", wrapping.plain_update)
    monkeypatch.setattr(models.QuerySet, "bulk_create", wrapping.plain_bulk_create)
    monkeypatch.setattr(UpdateQuery, "update_batch", wrapping.plain_update_batch)
    assert watched == statements()
    assert told == []


def test_deleting_a_row_takes_along_what_is_not_observed(car: Car, told: Told) -> None:
    Note.objects.create(car=car, text="a")
    assert car.delete() == (2, {"garage.Car": 1, "garage.Note": 1})
    assert len(told) == 1


def test_django_still_refuses_what_it_refuses(car: Car) -> None:
    with pytest.raises(TypeError, match="slice"):
        Car.objects.all()[:1].update(colour="blue")
    assert Car.objects.update.alters_data  # templates must not call it


# --- one transaction ------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", [*REASSIGNING, *UNASSIGNING, *CREATING, *DELETING])
def test_what_cannot_be_told_is_not_written_in_autocommit_either(
    way: str, car: Car, alice: Owner, carol: Owner, request: pytest.FixtureRequest
) -> None:
    Car.objects.update(place=Place.objects.create(name="Roof"))
    Note.objects.bulk_create([Note(car=car, text="a")])
    request.getfixturevalue("broken")
    with pytest.raises(Broken):
        if way in REASSIGNING:
            REASSIGNING[way](car, carol)
        elif way in UNASSIGNING:
            UNASSIGNING[way](alice)
        elif way in CREATING:
            CREATING[way](carol)
        else:
            DELETING[way](car)
    assert Car.objects.get().owner == alice


@pytest.mark.django_db(transaction=True)
def test_a_change_rolled_back_takes_along_what_was_published_of_it(car: Car) -> None:
    def publish(transition: Transition[Car], **kwargs: Any) -> None:
        live.publish("car.changed", {}, ["drivers"])

    live.changed.connect(publish, sender=Car)
    with pytest.raises(Broken), transaction.atomic():
        Car.objects.update(colour="blue")
        assert Event.objects.filter(name="car.changed").count() == 1
        raise Broken
    live.changed.disconnect(publish, sender=Car)
    assert not Event.objects.filter(name="car.changed").exists()
    assert Car.objects.get().colour == "grey"


class WritesToTheArchive:
    """A router."""

    def db_for_write(self, model: type[models.Model], **hints: Any) -> str:
        return "archive"


@pytest.mark.django_db(databases=["default", "archive"])
@pytest.mark.parametrize(
    "write",
    [
        lambda car: car.save(),
        lambda car: Car.objects.update(colour="blue"),
        lambda car: Car.objects.bulk_create([Car(plate="N 1")]),
    ],
    ids=["save", "update", "bulk_create"],
)
def test_a_router_that_writes_elsewhere_is_refused(
    write: Callable[[Car], Any], car: Car, archive: None, settings: Any
) -> None:
    settings.DATABASE_ROUTERS = [WritesToTheArchive()]
    with pytest.raises(ValueError, match="not in 'archive'"):
        write(car)


def archived(car: Car) -> bool:
    """As somebody may have copied it by hand, past Django."""
    sql = "INSERT INTO garage_car (id, plate, colour, saved) VALUES (%s, 'A 1', 'grey', 0)"
    with connections["archive"].cursor() as cursor:
        cursor.execute(sql, [car.pk.hex])
    return True


@pytest.mark.skipif(connection.vendor != "sqlite", reason="other databases lock rows")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["save", "update", "bulk_update", "owner.cars.add"])
def test_a_write_waits_for_that_of_another_connection(
    way: str,
    car: Car,
    carol: Owner,
    told: Told,
    django_db_blocker: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Though live reads before it: SQLite would refuse that, if it did not ask to write first."""
    begun = threading.Event()

    def write_elsewhere() -> None:
        with django_db_blocker.unblock(), transaction.atomic():
            Owner.objects.create(name="bob")
            begun.set()
            time.sleep(0.3)  # the other one has begun by then, and waits
        connection.close()

    other = threading.Thread(target=write_elsewhere)
    other.start()
    assert begun.wait(10)
    with monkeypatch.context() as plain:
        plain.delitem(connection.settings_dict["OPTIONS"], "transaction_mode")
        connection.close()  # and open it as Django does by default
        REASSIGNING[way](car, carol)
        other.join(10)
    connection.close()
    assert [transition.fields for transition in told] == [("owner",)]


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"ignore_conflicts": True},
        {"update_conflicts": True, "update_fields": ["plate"], "unique_fields": ["id"]},
    ],
)
def test_a_bulk_create_that_may_leave_rows_out_names_the_call_to_use(
    options: dict[str, Any],
) -> None:
    with pytest.raises(ValueError, match=r"use save\(\) or get_or_create\(\) instead"):
        Car.objects.bulk_create([Car(plate="N 1")], **options)


def test_a_key_cannot_be_updated(car: Car) -> None:
    with pytest.raises(ValueError, match=r"Car\.id cannot be set by update"):
        Car.objects.update(id=uuid.uuid4())


@pytest.mark.django_db(databases=["default", "archive"])
@pytest.mark.parametrize(
    "write",
    [
        lambda car: car.save(using="archive"),
        lambda car: Car.objects.using("archive").update(colour="blue"),
        lambda car: Car.objects.using("archive").bulk_create([Car(plate="N 1")]),
        lambda car: Car.objects.using("archive").bulk_update([car], ["colour"]),
        lambda car: car.delete(using="archive"),
        lambda car: archived(car) and Car.objects.using("archive").all().delete(),
    ],
    ids=["save", "update", "bulk_create", "bulk_update", "delete", "queryset.delete"],
)
def test_a_write_through_another_database_is_refused(
    write: Callable[[Car], Any], car: Car, told: Told, archive: None
) -> None:
    with pytest.raises(ValueError, match=r"default database only.*not in 'archive'"):
        write(car)
    assert told == []

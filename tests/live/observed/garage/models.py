"""Models as another project may have them. But for Key they know nothing of live."""

import uuid
from typing import Any

from django.db import models
from django.db.models import F

from live import Observed


class Owner(models.Model):
    name = models.CharField(max_length=50)
    seen = models.IntegerField(default=0)

    class Meta:
        app_label = "garage"


def nobody() -> Owner:
    return Owner.objects.get_or_create(name="nobody")[0]


class Place(models.Model):
    name = models.CharField(max_length=50)
    floor = models.IntegerField(default=0)

    class Meta:
        app_label = "garage"


class CarQuerySet(models.QuerySet["Car"]):
    """Does something of its own in each method, and calls Django's."""

    def update(self, **values: Any) -> int:
        if "plate" in values and isinstance(values["plate"], str):
            values["plate"] = values["plate"].upper()
        return super().update(**values)

    def bulk_create(self, objs: Any, *args: Any, **options: Any) -> list["Car"]:
        return models.QuerySet.bulk_create(self, objs, *args, **options)


class VisibleCars(models.Manager.from_queryset(CarQuerySet)):
    def get_queryset(self) -> Any:
        return super().get_queryset().exclude(colour="invisible")


class Car(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    plate = models.CharField(max_length=20)
    colour = models.CharField(max_length=20, default="grey")
    owner = models.ForeignKey(Owner, models.SET_NULL, null=True, related_name="cars")
    driver = models.ForeignKey(Owner, models.SET(nobody), null=True, related_name="driven")
    place = models.ForeignKey(Place, models.CASCADE, null=True, related_name="cars")
    saved = models.IntegerField(default=0)  # how often; not tracked

    objects = VisibleCars()

    class Meta:
        app_label = "garage"

    def save(self, *args: Any, **options: Any) -> None:
        self.plate = self.plate.upper()
        super().save(*args, **options)
        Car.objects.filter(pk=self.pk).update(saved=F("saved") + 1)


class RedCar(Car):
    """A proxy, whose save goes past that of Car."""

    objects = models.Manager()

    class Meta:
        app_label = "garage"
        proxy = True

    def save(self, *args: Any, **options: Any) -> None:
        self.colour = "red"
        models.Model.save(self, *args, **options)


class Van(Car):
    """A child in a table of its own."""

    load = models.IntegerField(default=0)

    class Meta:
        app_label = "garage"


class Garage(models.Model):
    """With a column that the database computes."""

    length = models.IntegerField(default=1)
    width = models.IntegerField(default=1)
    area = models.GeneratedField(
        expression=F("length") * F("width"), output_field=models.IntegerField(), db_persist=True
    )

    class Meta:
        app_label = "garage"


class Note(models.Model):
    """Not observed."""

    car = models.ForeignKey(Car, models.CASCADE, related_name="notes")
    text = models.CharField(max_length=50)

    class Meta:
        app_label = "garage"


class Key(Observed):
    """With the base."""

    label = models.CharField(max_length=20)
    turns = models.IntegerField(default=0)
    tracked = ("label",)
    touched = ("turns",)

    class Meta:
        app_label = "garage"

    def touch(self) -> None:
        self.turns += 1


class SpareKey(Key):
    class Meta:
        app_label = "garage"
        proxy = True


class Club(models.Model):
    members = models.ManyToManyField(Owner)

    class Meta:
        app_label = "garage"

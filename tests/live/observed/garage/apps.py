from django.apps import AppConfig

import live


class GarageConfig(AppConfig):
    name = "tests.live.observed.garage"
    label = "garage"

    def ready(self) -> None:
        from tests.live.observed.garage.models import Car, Garage, Place

        live.observe(Car, tracked=("plate", "colour", "owner", "driver", "place"))
        live.observe(Place)
        live.observe(Garage, tracked=("area",))

from django.apps import AppConfig
from django.template.loader import render_to_string

import live


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        live.observe(self.get_model("Order"))
        live.changed.connect(order_changed)


def order_changed(transition, **kwargs):
    row = render_to_string("shop/_order.html", {"order": transition.after})
    live.publish("order.changed", {"id": transition.key, "row": row}, ["everyone"])


def audiences_of(users):
    return dict.fromkeys(users, frozenset({"everyone"}))

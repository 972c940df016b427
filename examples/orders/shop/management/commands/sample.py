from django.core.management.base import BaseCommand

from shop.models import Order, User

PASSWORD = "example"  # noqa: S105  for a look on this machine
ORDERS = {"Ada": "2 kettles", "Grace": "1 lamp", "Edsger": "12 cups", "Barbara": "1 teapot"}


class Command(BaseCommand):
    help = "Make two users and some orders, once, and say how to log in."

    def handle(self, *args, **options):
        if not User.objects.exists():
            for name in ("alice", "bob"):
                User.objects.create_user(name, password=PASSWORD)
            for customer, items in ORDERS.items():
                Order.objects.create(customer=customer, items=items)
        self.stdout.write(f"Log in as alice or bob, with the password {PASSWORD}.")

"""Who guesses, from where: a browser at an address, as the site sees it behind its own proxy."""

from typing import Any

import httpx
from django.contrib.auth.models import User
from django.test import Client

HOME, OFFICE = "203.0.113.9", "198.51.100.7"
RIGHT = "a very right one"
MD5 = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # a hash that costs nothing


def with_password(user: User) -> User:
    user.set_password(RIGHT)
    user.save()
    return user


def log_in(client: Client, name: str, password: str, address: str = HOME, **options: Any) -> Any:
    form = {"username": name, "password": password}
    return client.post("/accounts/login/", form, headers={"X-Forwarded-For": address}, **options)


class Stranger(httpx.Client):
    """A browser that has never been here, at a real server."""

    def __init__(self, url: str, address: str = HOME) -> None:
        token = "t" * 32
        super().__init__(
            base_url=url, timeout=60, cookies={"csrftoken": token},
            headers={"X-CSRFToken": token, "Referer": url, "X-Forwarded-For": address},
        )  # fmt: skip

    def log_in(self, name: str, password: str) -> httpx.Response:
        return self.post("/accounts/login/", data={"username": name, "password": password})

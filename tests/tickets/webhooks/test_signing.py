"""A receiver can tell what is genuine, by the example of docs/exchange.md."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.harness.processes import ROOT
from tickets.webhooks import signing

DOCUMENT = ROOT / "docs" / "exchange.md"
BODY = '{"type":"ticket.created","data":{"subject":"Café"}}'.encode()


@pytest.fixture(scope="module")
def is_genuine() -> Callable[..., bool]:
    """As it is documented."""
    (example,) = re.findall(
        r"^```python\n(.*?)^```", DOCUMENT.read_text(), re.DOTALL | re.MULTILINE
    )
    names: dict[str, Any] = {}
    exec(example, names)
    found: Callable[..., bool] = names["is_genuine"]
    return found


def signed(secret: str, **changed: str) -> dict[str, str]:
    return {**signing.headers(secret, "the-message", int(time.time()), BODY), **changed}


def test_the_documented_example_takes_what_is_genuine(is_genuine: Callable[..., bool]) -> None:
    secret = signing.new_secret()
    assert is_genuine(secret, signed(secret), BODY)
    several = f"v1,bm9wZQ== {signed(secret)['webhook-signature']}"
    assert is_genuine(secret, signed(secret, **{"webhook-signature": several}), BODY)


def test_and_nothing_else(is_genuine: Callable[..., bool]) -> None:
    secret, other = signing.new_secret(), signing.new_secret()
    assert not is_genuine(other, signed(secret), BODY)
    assert not is_genuine(secret, signed(secret), BODY + b" ")
    assert not is_genuine(secret, signed(secret, **{"webhook-id": "another"}), BODY)
    old = signing.headers(secret, "the-message", int(time.time()) - 301, BODY)
    assert not is_genuine(secret, old, BODY)


def test_the_signature_is_that_of_the_standard() -> None:
    """The example of its own libraries:
    https://github.com/standard-webhooks/standard-webhooks/tree/main/libraries"""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    message, body = "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}'
    expected = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signing.signature(secret, message, 1614265330, body) == expected


def test_each_secret_is_another() -> None:
    assert len({signing.new_secret() for _ in range(10)}) == 10

"""The headers that prove to a receiver who has sent a message, as the Standard Webhooks have them:
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

Libraries for many languages check them. The signature covers the id, the time and the body: a
message that somebody has recorded is of no use once its time is a few minutes old.
"""

import base64
import hmac
import secrets

PREFIX = "whsec_"
BYTES = 32


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def headers(secret: str, message: str, timestamp: int, body: bytes) -> dict[str, str]:
    return {
        "webhook-id": message,
        "webhook-timestamp": f"{timestamp}",
        "webhook-signature": f"v1,{signature(secret, message, timestamp, body)}",
    }


def signature(secret: str, message: str, timestamp: int, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()

"""How many messages are read in a second, and that none of thousands that were damaged is a crash.

python -m tests.tickets.inbox.speed [FOLDER with messages of others]
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from random import Random
from time import process_time

from tests.tickets.inbox.fixtures import NAMES, raw
from tickets.inbox.message import Unreadable
from tickets.inbox.reading import FAULT, read

DAMAGED = 10_000
MOST_CHANGES = 5


def main() -> None:
    messages = [raw(name) for name in NAMES]
    report("messages as they are", messages * 10)
    random = Random(0)
    damaged = [damage(random, random.choice(messages)) for _ in range(DAMAGED)]
    report("messages that were damaged", damaged)
    for folder in sys.argv[1:]:
        files = sorted(path for path in Path(folder).iterdir() if path.is_file())
        report(folder, [path.read_bytes() for path in files])


def damage(random: Random, message: bytes) -> bytes:
    """With some of its bytes changed, taken away, or said twice."""
    for _ in range(random.randint(1, MOST_CHANGES)):
        place, length = random.randrange(len(message) + 1), random.randint(0, 60)
        piece = random.choice(
            [b"", random.randbytes(length), message[place : place + length] * 2, b"\r\n", b"\x00"]
        )
        message = message[:place] + piece + message[place + random.choice([0, 1, length]) :]
    return message


def report(what: str, messages: Iterable[bytes]) -> None:
    took: list[float] = []
    refused = 0
    for message in messages:
        begun = process_time()
        try:
            read(message)
        except Unreadable as refusal:
            assert not str(refusal).startswith(FAULT), message
            refused += 1
        took.append(process_time() - begun)
    print(
        f"{what}: {len(took):,} read, {refused} of them refused with a sentence,"
        f" {len(took) / sum(took):,.0f} a second of CPU, the slowest {max(took) * 1000:.1f} ms"
    )


if __name__ == "__main__":
    main()

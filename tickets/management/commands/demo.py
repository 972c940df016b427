"""`manage.py demo`: a help desk to look at, with sample tickets, a server, and agents at work."""

import os
import socket
import subprocess
import sys
import time
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from threading import Event
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tickets.demo.moves import make_a_move
from tickets.demo.post import FROM, Post, post_office
from tickets.demo.samples import ADMIN, AGENTS, PASSWORD, OthersDatabase, make_samples
from tickets.management.stopping import told_to_stop

HOST = "127.0.0.1"  # never more: everybody knows the passwords
START = 60  # seconds the server may take to listen
PAUSE = (2.0, 6.0)  # seconds between two moves

Server = subprocess.Popen[bytes]


class Command(BaseCommand):
    help = (
        "Make sample queues, agents and tickets (once), serve them on this machine, and keep the"
        " board moving until Ctrl-C. For looking only: the passwords are known to all."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=_port, default=8000, help="default: %(default)s")

    def handle(self, *args: Any, port: int, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError(
                "The demo makes users with known passwords, so it only runs with DEBUG=1."
            )
        _refuse_taken(port)
        try:
            if make_samples():
                self.stdout.write("Sample queues, agents and tickets are made.")
        except OthersDatabase as error:
            raise CommandError(f"{error}") from None
        with told_to_stop() as stop, post_office(port + 1) as post:
            # Never to the server that the environment names: these people are invented.
            settings.EMAIL_URL, settings.MAIL_FROM = post.url, FROM
            daphne = ["-m", "daphne", "-v", "0", "-b", HOST, "-p", str(port),
                      "ticketsystem.asgi:application"]  # fmt: skip
            worker = ["manage.py", "db_worker", "-v", "0", "--no-reload", "--interval", "0.5",
                      "--queue-name=*"]  # fmt: skip
            with _process(daphne, post) as server, _process(worker, post) as mails:
                if _is_listening(server, port, stop):
                    self._welcome(port, post)
                    _keep_moving((server, mails), stop)
        self.stdout.write("The demo has stopped; what was done stays for the next time.")

    def _welcome(self, port: int, post: Post) -> None:
        self.stdout.write(f"\n  http://{HOST}:{port}/\n\nLog in with the password {PASSWORD} as")
        for name, queues in AGENTS.items():
            sees = " and ".join(queues) or "nothing, for no queue is theirs"
            self.stdout.write(f"  {name:6} sees {sees}")
        self.stdout.write(f"  {ADMIN:6} sees everything, and /admin/")
        self.stdout.write(f"\nReplies are mailed, to nobody but this page:\n\n  {post.page}")
        self.stdout.write("\nCtrl-C stops it.")
        self.stdout.flush()


@contextmanager
def _process(arguments: list[str], post: Post) -> Iterator[Server]:
    """Daphne, or the worker, in a process of its own, as in production."""
    server = subprocess.Popen(  # noqa: S603  nothing of others in it
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env={**os.environ, "EMAIL_URL": post.url, "MAIL_FROM": FROM},
    )
    try:
        yield server
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _is_listening(server: Server, port: int, stop: Event) -> bool:
    """Wait for the server; False when told to stop before."""
    deadline = time.monotonic() + START
    while not stop.wait(0.1):
        _refuse_dead(server)
        with socket.socket() as client:
            if client.connect_ex((HOST, port)) == 0:
                return True
        if time.monotonic() > deadline:
            raise CommandError(f"The server does not listen after {START} s; see what it wrote.")
    return False


def _keep_moving(servers: tuple[Server, ...], stop: Event) -> None:
    random = Random()
    while not stop.wait(random.uniform(*PAUSE)):
        for server in servers:
            _refuse_dead(server)
        make_a_move(random)


def _refuse_dead(server: Server) -> None:
    if server.poll() is not None:
        raise CommandError(f"A server has ended by itself ({server.returncode}); see above why.")


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} cannot be used ({error.strerror}): name another with --port."
            ) from None


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise ArgumentTypeError(f"{text!r} is not a port: it must be 1 to 65535")
    return int(text)

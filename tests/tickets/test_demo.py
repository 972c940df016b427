"""`manage.py demo`: refused where it would harm, made once, moving within bounds, ended cleanly."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone

from live.models import Event
from tests.harness.people import signed_in
from tests.harness.processes import ROOT, free_port
from tickets.attachments import Attachment, limits
from tickets.demo.files import SENT, content_of
from tickets.demo.moves import BY_SUBJECT, FEWEST, MOST, make_a_move
from tickets.demo.post import Post, post_office, read
from tickets.demo.samples import AGENTS, PASSWORD, OthersDatabase, make_samples
from tickets.demo.steps import Step
from tickets.demo.stories import ANSWERS, STORIES
from tickets.lists.unread import mark_unread, see
from tickets.models import Change, Comment, Notice, Queue, Status, Ticket
from tickets.notices.models import Kind
from tickets.public import noted, said_by
from tickets.visibility import visible_tickets

DONE = (Status.RESOLVED, Status.CLOSED)


@pytest.mark.django_db
def test_with_debug_off_it_is_refused_and_makes_nobody(settings: Any) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError, match="known passwords, so it only runs with DEBUG=1"):
        call_command("demo")
    assert not User.objects.exists()


@pytest.mark.django_db
def test_a_database_with_users_of_its_own_is_refused() -> None:
    User.objects.create_superuser("admin", password="a secret one")
    with pytest.raises(OthersDatabase, match="has users already"):
        make_samples()
    assert User.objects.count() == 1
    assert not Queue.objects.exists()


@pytest.mark.django_db
def test_a_taken_port_is_refused_before_anything_is_made(settings: Any) -> None:
    settings.DEBUG = True
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"Port {port} cannot be used"):
            call_command("demo", f"--port={port}")
    assert not User.objects.exists()


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_a_port_is_a_number(port: str) -> None:
    with pytest.raises(CommandError, match="it must be 1 to 65535"):
        call_command("demo", f"--port={port}")


@pytest.mark.django_db
def test_samples_are_made_once() -> None:
    assert make_samples()
    made = Ticket.objects.count(), Comment.objects.count(), Event.objects.count()
    assert not make_samples()
    assert made == (Ticket.objects.count(), Comment.objects.count(), Event.objects.count())
    assert made[0] == 60


@pytest.mark.django_db
def test_what_a_visitor_changed_stays() -> None:
    make_samples()
    User.objects.get(username="dave").delete()
    assert not make_samples()
    assert not User.objects.filter(username="dave").exists()


@pytest.mark.django_db(transaction=True)  # a file comes to its place after the commit
def test_customers_send_a_picture_and_a_document_and_an_agent_opens_both() -> None:
    make_samples()
    alice = signed_in(User.objects.get(username="alice"))
    sent = []
    for subject in ("Payment link is broken", "Wrong currency on the quote"):
        path = f"tickets/{Ticket.objects.get(subject=subject, status=Status.OPEN).pk}/"
        (file,) = alice.get(f"/api/{path}").json()["attachments"]
        assert file["name"] == SENT[subject]
        assert file["url"] in alice.get(f"/{path}").content.decode()
        sent.append(file)
    picture, document = sent
    assert picture["picture"] == {"width": 480, "height": 300}
    assert (document["type"], document["picture"]) == ("application/pdf", None)
    for file in (picture, document):
        answer = alice.get(file["url"])
        assert answer.status_code == 200
        assert b"".join(answer) == content_of(file["name"])
        assert 500 < file["size"] < 20_000
    answered = Comment.objects.filter(requester=True, attachments__name="message.png")
    assert answered.exists()


def test_the_demos_document_is_one_that_each_reader_finds_its_way_in() -> None:
    document = content_of("quote 30112.pdf")
    at = int(document.split(b"startxref\n")[1].split()[0])
    assert document[at:].startswith(b"xref\n0 6\n")
    for number, line in enumerate(document[at:].splitlines()[3:8], 1):
        place = int(line.split()[0])
        assert document[place:].startswith(b"%d 0 obj\n" % number)


@pytest.mark.django_db
def test_without_room_for_files_the_demo_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "has_room", lambda: False)
    make_samples()
    assert Ticket.objects.count() == 60
    assert not Attachment.objects.exists()


@pytest.mark.django_db
def test_each_file_has_its_story_or_its_answer() -> None:
    assert {*BY_SUBJECT, *ANSWERS} >= SENT.keys()
    assert {name.rpartition(".")[2] for name in SENT.values()} == {"png", "pdf"}


@pytest.mark.django_db
def test_each_agent_sees_the_tickets_of_their_queues() -> None:
    make_samples()
    people = {user.username: user for user in User.objects.all()}
    for name, queues in AGENTS.items():
        seen = {ticket.queue.name for ticket in visible_tickets(people[name])}
        assert seen == set(queues)
    assert visible_tickets(people["admin"]).count() == 60
    assert people["alice"].check_password(PASSWORD)


@pytest.mark.django_db
def test_samples_look_like_a_help_desk_at_work() -> None:
    make_samples()
    for queue in Queue.objects.all():
        assert set(queue.tickets.values_list("status", flat=True)) == set(Status.values)
    assert FEWEST <= Ticket.objects.exclude(status__in=DONE).count() <= MOST
    assert Comment.objects.filter(internal=True).exists()
    assert Comment.objects.filter(internal=False).exists()
    for ticket in Ticket.objects.all():
        times = [ticket.created_at, *ticket.history.values_list("at", flat=True)]
        assert times == sorted(times)
        assert times[1] == ticket.created_at
        assert times[-1] <= ticket.updated_at < timezone.now()
        assert all(ticket.created_at < comment.created_at for comment in ticket.comments.all())


@pytest.mark.django_db
def test_no_sample_is_cut_or_told_twice() -> None:
    stories = [story for stories in STORIES.values() for story in stories]
    assert len({story.subject for story in stories}) == len(stories) > MOST
    assert all(story.description and story.reply for story in stories)


@pytest.mark.django_db
def test_the_board_moves_and_stays_within_bounds() -> None:
    make_samples()
    random, open_counts = Random(7), []
    before = Change.objects.count()
    for _ in range(250):
        make_a_move(random)
        open_counts.append(Ticket.objects.exclude(status__in=DONE).count())
    assert min(open_counts) >= FEWEST
    assert max(open_counts) <= MOST
    assert Change.objects.count() > before + 100
    actors = set(Change.objects.values_list("actor_name", flat=True))
    assert {"alice", "bob", "carol", "erin"} <= actors
    assert "dave" not in actors  # nobody acts where they serve no queue
    assert {"queue", "assignee", "status", "priority"} <= set(
        Change.objects.values_list("field", flat=True)
    )


@pytest.mark.django_db
def test_a_requester_who_writes_back_reopens_what_was_resolved() -> None:
    """It is news to its agents, and its assignee is told."""
    make_samples()
    ticket = Ticket.objects.filter(status=Status.RESOLVED, assignee__isnull=False).latest("pk")
    assert ticket.assignee is not None
    see(ticket.assignee, ticket, ticket.comments.latest("pk").pk)
    Notice.objects.all().delete()
    Step(ticket, BY_SUBJECT[ticket.subject], ticket.assignee, timezone.now()).hear(
        "It is broken again."
    )
    now = visible_tickets(ticket.assignee).get(pk=ticket.pk)
    assert (now.status, now.last_activity_by, now.awaits_answer) == ("open", "requester", True)
    comment = now.comments.latest("pk")
    assert said_by(comment, now) == ticket.requester_name
    assert noted(comment) == "by mail"
    mark_unread(ticket.assignee, [now])
    assert now.unread  # type: ignore[attr-defined]
    assert [(told.kind, told.about) for told in Notice.objects.filter(user=ticket.assignee)] == [
        (Kind.REPLIED, comment.pk)
    ]


@pytest.mark.django_db
def test_a_move_lets_a_requester_write_back_on_what_was_resolved() -> None:
    make_samples()
    random = Random(7)
    for _ in range(200):
        make_a_move(random)
    assert Change.objects.filter(field="status", old=Status.RESOLVED, new=Status.OPEN).exists()


@pytest.mark.django_db
def test_a_visitors_own_ticket_is_left_alone() -> None:
    make_samples()
    mine = Ticket.objects.create(subject="Mine", queue=Queue.objects.get(name="Billing"))
    random = Random(7)
    for _ in range(100):
        make_a_move(random)
    mine.refresh_from_db()
    assert mine.version == 1


@pytest.mark.django_db
def test_a_board_without_queues_or_agents_just_stands_still() -> None:
    make_samples()
    User.objects.filter(username__in=AGENTS).update(is_active=False)
    made = Change.objects.exclude(field="created").count()
    random = Random(7)
    for _ in range(40):
        make_a_move(random)
    assert Change.objects.exclude(field="created").count() == made


class Demo:
    """`manage.py demo` in a process of its own, on a database of its own."""

    def __init__(self, database: Path) -> None:
        self.port = free_port()
        self.environment = {**os.environ, "DATABASE_URL": f"sqlite:///{database}",
                            "DEBUG": "1", "PYTHONUNBUFFERED": "1"}  # fmt: skip
        self._manage("migrate", "--verbosity", "0").wait(60)
        self.process = self._manage("demo", "--port", str(self.port))
        self.said = ""

    def _manage(self, *command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "manage.py", *command], cwd=ROOT, env=self.environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def wait_for(self, words: str, seconds: float = 60) -> None:
        """Read on until it says so; killed, and thereby at its end, when it takes too long."""
        assert self.process.stdout is not None
        watchdog = threading.Timer(seconds, self.process.kill)
        watchdog.start()
        try:
            for line in self.process.stdout:
                self.said += line
                if words in line:
                    return
        finally:
            watchdog.cancel()
        raise AssertionError(f"it never said {words!r}:\n{self.said}")


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(tmp_path / "demo.sqlite3")
    yield demo
    if demo.process.poll() is None:
        demo.process.send_signal(signal.SIGTERM)
        demo.process.wait(20)


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_and_says_how_to_log_in_and_stops_everything(
    demo: Demo, told: signal.Signals
) -> None:
    demo.wait_for("Ctrl-C stops it")
    assert f"http://127.0.0.1:{demo.port}/" in demo.said
    assert re.search(r"password demo as\n +alice +sees Billing\n", demo.said)
    page = httpx.get(f"http://127.0.0.1:{demo.port}/accounts/login/", timeout=20)
    assert page.status_code == 200
    demo.process.send_signal(told)
    demo.wait_for("The demo has stopped")
    assert demo.process.wait(20) == 0
    with socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", demo.port)) != 0, "the server still listens"


def test_what_is_replied_in_the_demo_is_mailed_to_a_page_of_its_own(demo: Demo) -> None:
    demo.wait_for("Ctrl-C stops it")
    page = re.search(r"nobody but this page:\n\n  (http://127\.0\.0\.1:\d+/)\n", demo.said)
    assert page, demo.said
    with httpx.Client(base_url=f"http://127.0.0.1:{demo.port}", timeout=20) as alice:
        alice.get("/accounts/login/")
        form = {"username": "alice", "password": PASSWORD,
                "csrfmiddlewaretoken": alice.cookies["csrftoken"]}  # fmt: skip
        assert alice.post("/accounts/login/", data=form).status_code == 302
        ticket = alice.get("/api/tickets/").json()["results"][0]
        token = {"X-CSRFToken": alice.cookies["csrftoken"]}
        url = f"/api/tickets/{ticket['id']}/comments/"
        said = alice.post(url, json={"body": "<b>Pull the plug."}, headers=token).json()
        assert said["mail"]["state"] == "queued"
        deadline = time.monotonic() + 30
        while "&lt;b&gt;Pull the plug." not in httpx.get(page[1], timeout=20).text:
            assert time.monotonic() < deadline
        assert ticket["requester_email"] in httpx.get(page[1], timeout=20).text
        while alice.get(f"{url}{said['id']}/").json()["mail"]["state"] != "sent":
            assert time.monotonic() < deadline
    assert httpx.get(f"{page[1]}elsewhere", timeout=20).status_code == 404
    assert httpx.post(page[1], timeout=20).status_code == 501


def test_the_demos_mail_server_keeps_little() -> None:
    hostile = b"Subject: <script>\r\nFrom: a@b\r\n\r\n" + b"x" * 100_000
    letter = read(hostile, ["zoe@demo.example"])
    assert (letter.subject, len(letter.text), letter.to) == ("<script>", 5_000, "zoe@demo.example")
    assert Post().letters.maxlen == 100


def test_the_demos_mail_page_takes_another_port_where_its_own_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with post_office(port) as post:
            assert httpx.get(post.page, timeout=20).status_code == 200
            assert "article {" in httpx.get(f"{post.page}post.css", timeout=20).text
            assert post.page != f"http://127.0.0.1:{port}/"

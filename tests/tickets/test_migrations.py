"""What migrations do to the rows that are there already, on a database of their own."""

import os
import subprocess
import sys
from pathlib import Path

from tests.harness.processes import ROOT

# As the release before had them: a comment of alice, and one without an author.
BEFORE = """
from django.db import connection
from django.contrib.auth.models import User
from django.db.migrations.executor import MigrationExecutor

apps = MigrationExecutor(connection).loader.project_state(("tickets", "0003_plain_base_managers")).apps
of = lambda name: apps.get_model("tickets", name)
alice = User.objects.create(username="alice", first_name="Alice", last_name="Arden")
bob = User.objects.create(username="bob")
queue = of("Queue").objects.create(name="Billing")
ticket = of("Ticket").objects.create(subject="Old", queue=queue)
for author in (alice.pk, bob.pk, None):
    of("Comment").objects.create(ticket=ticket, author_id=author, body="Old")
of("Ticket").objects.bulk_create(
    of("Ticket")(subject=f"Stra\u00dfe {number}", description="E\u0301va", queue=queue)
    for number in range(250)
)
of("Ticket").objects.create(subject="Named", queue=queue, requester_name="Marta")
"""  # noqa: E501
ACTIVITY = """
from tickets.models import Comment, Ticket
old, named = Ticket.objects.get(subject="Old"), Ticket.objects.get(subject="Named")
quiet = Ticket.objects.filter(last_activity_by="system", awaits_answer=False)
print(
    old.last_activity_by, old.awaits_answer,
    old.last_activity_at == Comment.objects.latest("created_at").created_at,
    named.last_activity_by, named.awaits_answer, named.last_activity_at == named.created_at,
    quiet.count(), Comment.objects.filter(requester=False, via="page").count(),
)
"""
AFTER = """
from tickets.models import Comment
print(*Comment.objects.order_by("pk").values_list("author_name", flat=True), sep="|")
"""


FOLDED = """
from tickets.bookkeeping import SearchText
from tickets.search import fold_all
print(
    SearchText.objects.count(),
    SearchText.objects.filter(folded__startswith="strasse", folded__endswith="\\neva").count(),
    SearchText.objects.filter(name__startswith="comment", folded="old", ticket=1).count(),
    fold_all(),
)
"""


def test_what_is_there_already_gets_what_later_releases_need(tmp_path: Path) -> None:
    """Comments the names of their authors; tickets and comments what the search looks at, folded
    just as the application folds it; tickets their last activity."""
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}"}

    def manage(*arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, timeout=60,
            check=True, text=True, stdout=subprocess.PIPE,
        ).stdout  # fmt: skip

    manage("migrate", "tickets", "0003")
    manage("migrate", "live")
    manage("migrate", "auth")
    manage("shell", "--no-imports", "-c", BEFORE)
    manage("migrate")
    assert manage("shell", "--no-imports", "-c", AFTER).strip() == "Alice Arden|bob|"
    assert manage("shell", "--no-imports", "-c", FOLDED).split() == ["255", "250", "3", "0"]
    assert manage("shell", "--no-imports", "-c", ACTIVITY).split() == [
        "agent", "False", "True", "requester", "True", "True", "250", "3",
    ]  # fmt: skip
    manage("migrate", "tickets", "0006")
    manage("migrate")
    assert manage("shell", "--no-imports", "-c", FOLDED).split()[0] == "255"

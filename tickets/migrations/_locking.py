"""Several tables changed in one migration, while others read and write them.

PostgreSQL locks each table that is altered until the transaction ends. Somebody else who needs two
of them may have one and wait for the other, for which the migration has it and waits for theirs: a
deadlock, in which the database breaks off either of the two.
"""

from time import monotonic, sleep
from typing import Any

from django.db import OperationalError, migrations, transaction

TURN = 0.5  # seconds for all tables: less than the one after which PostgreSQL looks for a deadlock
PAUSE = 0.2  # seconds in which those who waited behind a turn go on
PATIENCE = 60  # seconds, all turns together
LOCK_NOT_AVAILABLE = "55P03"


def take_tables(*models: str) -> migrations.RunPython:
    """The tables of these models, all or none of them, before the migration changes the first one.

    What was locked is given back at the end of a turn that did not get them all, so nobody waits for
    longer than a turn. A migration that finds no moment in `PATIENCE` ends with one sentence, and
    has changed nothing.
    """

    def take(apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return
        tables = [apps.get_model("tickets", model)._meta.db_table for model in models]
        until = monotonic() + PATIENCE
        while not _taken(tables, schema_editor.connection):
            if monotonic() > until:
                raise OperationalError(
                    f"Others used {' and '.join(tables)} for {PATIENCE} seconds without a pause in"
                    " which both were free: run migrate again when fewer work."
                )
            sleep(PAUSE)

    return migrations.RunPython(take, migrations.RunPython.noop, elidable=True)


def _taken(tables: list[str], connection: Any) -> bool:
    try:
        with transaction.atomic(connection.alias), connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('lock_timeout')")
            (before,) = cursor.fetchone()
            # The limit is for each table by itself.
            cursor.execute(f"SET LOCAL lock_timeout = {TURN * 1000 / len(tables):.0f}")
            cursor.execute(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [before])
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            return False
        raise
    return True

"""The task by which `manage.py db_worker` sends what is due."""

from django_tasks import task


@task()
def send_due() -> None:
    """Send what is to be sent now."""

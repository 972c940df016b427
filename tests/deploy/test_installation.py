"""What the systemd unit runs before it starts a process, with the environment of env.example."""

from tests.deploy.production import Installation


def test_the_example_of_the_environment_passes_the_check_of_deployments(
    installation: Installation,
) -> None:
    told = installation.manage("check", "--deploy", "--fail-level", "ERROR")
    assert "System check identified" in told
    assert "live." not in told.replace("live.I", "")  # hints are allowed: this run may lack Redis


def test_migrations_that_were_run_are_seen_as_run(installation: Installation) -> None:
    installation.manage("migrate", "--check")

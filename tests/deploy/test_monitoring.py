"""The rules and the dashboard, by Prometheus' own checks; a process gives out what they ask for."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.deploy.fronts import DEPLOY, filled
from tests.deploy.production import Process, example
from tests.harness.processes import installed

HERE = Path(__file__).parent
RULES = DEPLOY / "prometheus" / "helpdesk.rules.yml"
DASHBOARD = json.loads((DEPLOY / "grafana" / "helpdesk.json").read_text())
METRIC = re.compile(r"\b(?:live|process|helpdesk)_\w+")


def promtool(*arguments: str, cwd: Path) -> str:
    tool = installed("promtool", "prometheus")
    done = subprocess.run(
        [tool, *arguments], cwd=cwd, timeout=60, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def alerts() -> list[dict[str, Any]]:
    return [
        rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
    ]


def panels() -> list[str]:
    """What the dashboard asks, with what Grafana puts in the place of its variables."""
    asked = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    return [
        expression.replace("$job", "helpdesk").replace("$__rate_interval", "1m")
        for expression in asked
    ]


def test_each_alert_speaks_when_it_should_and_a_site_that_is_well_is_left_alone(
    tmp_path: Path,
) -> None:
    shutil.copy(RULES, tmp_path)
    shutil.copy(HERE / "alerts.yml", tmp_path)
    assert "SUCCESS" in promtool("test", "rules", "alerts.yml", cwd=tmp_path)
    tested = set(re.findall(r'alertname="(\w+)"', (HERE / "alerts.yml").read_text()))
    assert tested == {alert["alert"] for alert in alerts()}


def test_prometheus_takes_its_configuration(tmp_path: Path) -> None:
    (tmp_path / "helpdesk.token").write_text("s3cret")
    shutil.copy(RULES, tmp_path)
    written = (DEPLOY / "prometheus" / "prometheus.yml").read_text()
    (tmp_path / "prometheus.yml").write_text(filled(written, {"/etc/prometheus/": f"{tmp_path}/"}))
    assert "SUCCESS" in promtool("check", "config", "prometheus.yml", cwd=tmp_path)
    assert yaml.safe_load(written)["scrape_configs"][0]["job_name"] == "helpdesk"


def test_prometheus_understands_every_panel_of_the_dashboard(tmp_path: Path) -> None:
    rules = [{"record": f"panel:{n}", "expr": panel} for n, panel in enumerate(panels())]
    assert len(rules) > 10
    groups = {"groups": [{"name": "panels", "rules": rules}]}
    (tmp_path / "panels.yml").write_text(yaml.safe_dump(groups))
    assert f"{len(rules)} rules found" in promtool("check", "rules", "panels.yml", cwd=tmp_path)


def test_the_dashboard_can_be_imported() -> None:
    places = [tuple(panel["gridPos"].values()) for panel in DASHBOARD["panels"]]
    numbers = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(places)) == len(places) == len(set(numbers))
    assert {variable["name"] for variable in DASHBOARD["templating"]["list"]} == {"source", "job"}
    assert {panel["datasource"]["uid"] for panel in DASHBOARD["panels"]} == {"${source}"}


@pytest.mark.parametrize("where", ["rules", "dashboard"])
def test_every_metric_that_is_asked_for_is_given_out(where: str, processes: list[Process]) -> None:
    asked = panels() if where == "dashboard" else [alert["expr"] for alert in alerts()]
    named = {name for expression in asked for name in METRIC.findall(expression)}
    assert len(named) > 8
    given = httpx.get(f"{processes[0].url}/metrics").text
    # A counter with labels has no line before it has counted, but it is described.
    described = set(re.findall(r"^# TYPE (\w+) ", given, re.MULTILINE))
    described |= {f"{name}{end}" for name in described for end in ("_bucket", "_count")}
    assert named <= described, named - described


def test_the_processes_are_asked_where_they_are() -> None:
    scraped = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    (job,) = scraped["scrape_configs"]
    upstream = (DEPLOY / "nginx" / "upstream.conf").read_text()
    assert job["static_configs"][0]["targets"] == re.findall(r"^    server (\S+)", upstream, re.M)
    assert "METRICS_TOKEN" in example()

"""What the host is given beside the processes: its firewall, what is kept of its logs."""

import os
import re
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.deploy.fronts import DEPLOY
from tests.deploy.typed import DOCUMENT
from tests.harness.processes import installed

FIREWALL = DEPLOY / "nftables" / "nftables.conf"
# Two networks of their own, joined by a cable: one listens, the other asks before and behind the
# rules. Nothing of the machine's own network is touched.
REACH = """
set -e
unshare --net sleep 60 & other=$!
trap 'kill $other $first $second' EXIT
until [ "$(readlink /proc/$other/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
ip link add inside type veth peer name outside
ip link set outside netns $other
ip address add 192.0.2.1/24 dev inside
ip link set inside up
ip link set lo up
nsenter --net=/proc/$other/ns/net ip address add 192.0.2.2/24 dev outside
nsenter --net=/proc/$other/ns/net ip link set outside up
python3 -m http.server 443 >/dev/null 2>&1 & first=$!
python3 -m http.server 8001 >/dev/null 2>&1 & second=$!
ask() {
    nsenter --net=/proc/$other/ns/net curl --silent --output /dev/null --max-time 2 "$@" \
        --write-out '%{http_code}\n' http://192.0.2.1:$port/ || true
}
for port in 443 8001; do ask --retry 20 --retry-connrefused --retry-delay 1; done
nft --file "$RULES"
for port in 443 8001; do ask; done
curl --silent --output /dev/null --write-out '%{http_code}\n' http://127.0.0.1:8001/
"""


def test_from_outside_the_proxy_is_reached_and_the_processes_are_not(tmp_path: Path) -> None:
    installed("nft", "nftables")
    installed("ip", "iproute2")
    if os.geteuid() != 0:
        pytest.skip("only root may give itself a network and rules")
    done = subprocess.run(
        ["unshare", "--net", "sh", "-c", REACH], cwd=tmp_path, timeout=40, capture_output=True,
        text=True, check=False, env={**os.environ, "RULES": str(FIREWALL)},
    )  # fmt: skip
    if "unshare failed" in done.stderr:
        pytest.skip("this machine gives nobody a network of their own")
    answers = done.stdout.split()
    assert answers == ["200", "200", "200", "000", "200"], done.stderr


def test_ufw_takes_what_stands_for_it() -> None:
    """Told to change nothing."""
    ufw = installed("ufw", "ufw")
    if os.geteuid() != 0:
        pytest.skip("ufw answers nobody but root")
    typed = re.findall(r"`ufw ([^`]+)`", DOCUMENT.read_text())
    assert len(typed) == 3
    for line in typed:
        done = subprocess.run(
            [ufw, "--dry-run", *line.split()], timeout=30, capture_output=True, text=True,
            check=False, input="y\n",
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("proxy", "rule"), [("nginx", "nginx"), ("apache", "apache2")])
def test_each_log_that_a_proxy_writes_is_rotated_by_its_package(proxy: str, rule: str) -> None:
    rotated = Path("/etc/logrotate.d") / rule
    if not rotated.exists():
        pytest.skip(f"{rule} (Debian package) is not installed")
    patterns = re.findall(r"^(/\S+)\s*\{", rotated.read_text(), re.MULTILINE)
    files = [path.read_text() for path in (DEPLOY / proxy).iterdir()]
    logs = {name for text in files for name in re.findall(r"/var/log/\S+?\.log", text)}
    assert logs
    assert [log for log in logs if not any(fnmatch(log, pattern) for pattern in patterns)] == []


def test_systemd_understands_what_is_kept_of_the_processes_log(tmp_path: Path) -> None:
    """journald names a line that it does not know, and takes its default."""
    analyze = installed("systemd-analyze", "systemd")
    place = tmp_path / "etc" / "systemd" / "journald.conf.d"
    place.mkdir(parents=True)
    shutil.copy(DEPLOY / "journald" / "helpdesk.conf", place)
    done = subprocess.run(
        [analyze, "cat-config", "--root", str(tmp_path), "systemd/journald.conf"],
        timeout=30, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "SystemMaxUse=1G" in done.stdout
    given = dict(re.findall(r"^(\w+)=(\w+)$", done.stdout, re.MULTILINE))
    assert given == {"SystemMaxUse": "1G", "MaxRetentionSec": "1month"}
    (length,) = re.findall(r"μs: (\d+)", timespan(analyze, given["MaxRetentionSec"]))
    assert int(length) > 28 * 86400 * 1_000_000


def timespan(analyze: str, span: str) -> str:
    return subprocess.check_output([analyze, "timespan", span], timeout=30, text=True)

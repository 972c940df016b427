"""Writes the result of a run for the textfile collector of Prometheus' node exporter."""

from pathlib import Path

from streamdoctor.findings.verdict import Diagnosis

METRICS = """\
# HELP streamdoctor_exit_status 0: no error found, 1: errors found, 2: could not run or watch.
# TYPE streamdoctor_exit_status gauge
streamdoctor_exit_status{{url="{url}"}} {code}
# HELP streamdoctor_errors Errors that the doctor found in the stream, by their code.
# TYPE streamdoctor_errors gauge
{errors}\
# HELP streamdoctor_watched_seconds For how long the stream was watched.
# TYPE streamdoctor_watched_seconds gauge
streamdoctor_watched_seconds{{url="{url}"}} {watched:.1f}
"""


def write_metrics(file: Path, diagnosis: Diagnosis, code: int) -> None:
    """In one step, for the collector may read at any moment. The address stands there without its
    query, which may hold a secret."""
    url = _escaped(diagnosis.url.partition("?")[0])
    errors = "".join(
        f'streamdoctor_errors{{url="{url}",code="{finding.code}"}} 1\n'
        for finding in diagnosis.errors
    )
    beside = file.with_name(f".{file.name}.new")
    beside.write_text(
        METRICS.format(url=url, code=code, errors=errors, watched=diagnosis.watched), "utf-8"
    )
    beside.replace(file)


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")

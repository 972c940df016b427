"""How long the pages of a browser were busy at a time, from a trace of it."""

import json

from playwright.sync_api import Browser


def begin(browser: Browser) -> None:
    browser.start_tracing(categories=["toplevel"])


def longest(browser: Browser, *, at_least: int) -> float:
    """Of all tasks of all pages since `begin()` the one that took most of its processor's time, in
    milliseconds; how busy the machine was does not count. `at_least` so many tasks have to be
    there, so that a trace of nothing proves nothing."""
    trace = json.loads(browser.stop_tracing())["traceEvents"]
    pages = {
        (event["pid"], event["tid"])
        for event in trace
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    tasks = [
        event["tdur"] / 1000
        for event in trace
        if event["name"].endswith("RunTask")
        and (event["pid"], event["tid"]) in pages
        and "tdur" in event
    ]
    assert len(tasks) >= at_least
    return float(max(tasks))

"""Report how long Run All took; a number to look at, not a limit that fails a slow machine."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = terminalreporter.stats.get("passed", []) + terminalreporter.stats.get("failed", [])
    times = sorted(
        value
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name.startswith("run all") and report.when == "call"
    )
    if times:
        terminalreporter.write_line("Run All: " + ", ".join(times))

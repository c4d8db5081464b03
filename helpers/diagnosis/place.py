"""Where things are: the course and its environment, and files that hide a library."""

import importlib.metadata
import importlib.util
import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from helpers.diagnosis.problem import PROJECT, Problem, advise

__all__ = ["check_place", "check_shadows"]

#: The libraries that lessons and servers import, and this package.
NEEDED = ("helpers", "aiohttp", "IPython", "pycrdt", "socketio", "sqlite3", "websockets")
HARMLESS = {"test", "this", "antigravity"}  # of the standard library; no lesson imports them
MARKS = ("helpers/__init__.py", "notebooks", "requirements.txt")  # what a course folder has


def course_of(place: Path) -> Path | None:
    """Return the folder of the course in which a place is; None if it is in none."""
    for folder in (place, *place.parents):
        if all((folder / mark).exists() for mark in MARKS):
            return folder
    return None


def check_place(project: Path = PROJECT, prefix: str = sys.prefix, cwd: Path | None = None) -> str:
    """The notebook, the environment and the helpers belong to one folder.

    After a folder was moved, the commands of its environment name the old place; after it was
    copied, they quietly run what is there.

    Args:
        project: where the helpers are that run.
        prefix: the environment.
        cwd: where the notebook is.
    """
    project = project.resolve()
    here = course_of((cwd or Path.cwd()).resolve())
    own = course_of(Path(prefix).resolve())
    for part, place in (("notebook", here), ("environment", own)):
        if place is not None and place != project:
            raise Problem(
                f"this {part} is in {place}, but the helpers that run are those in {project}: "
                f"{set_up_anew(here or place)}"
            )
    if own is None:
        return str(project)
    made_for = _made_for(Path(prefix))
    if made_for is not None and made_for != Path(prefix).resolve():
        raise Problem(f"the environment was moved here from {made_for}: {set_up_anew(project)}")
    return str(project)


def set_up_anew(folder: Path) -> str:
    """Return the advice that gives a course folder an environment of its own."""
    deleted = f"delete the folder {folder / '.venv'}, then"
    if sys.platform == "win32":
        return f"{deleted} set the course up again in {folder}, as README says"
    return f"{deleted} {advise('make lab', folder)}"


def _made_for(prefix: Path) -> Path | None:
    """Return the folder for which an environment was made, by the first line of its pip.

    pip writes the path of the environment's Python into each command that it installs.
    """
    scripts = prefix / ("Scripts" if os.name == "nt" else "bin")
    for name in ("jupyter-lab", "jupyter", "pip"):
        try:
            with (scripts / name).open("rb") as file:
                line = file.readline(4_096).decode("utf-8", "replace").strip()
        except OSError:
            continue
        if line.startswith("#!/") and " " not in line:
            return Path(line.removeprefix("#!")).parent.parent.resolve()
    return None


def check_shadows(folders: list[Path] | None = None) -> str:
    """No file of yours has the name of a library, which it would hide.

    Args:
        folders: where to look; by default wherever notebooks, programs and servers run.
    """
    names = _names_of_libraries()
    found = [path for folder in folders or _folders() for path in _modules(folder, names)]
    found += [path for path in map(_found_elsewhere, NEEDED) if path and path not in found]
    if found:
        first = found[0]
        its = first.parent.name if first.name == "__init__.py" else first.stem
        others = f" (so do {len(found) - 1} more)" if found[1:] else ""
        where = first.parent if first.name == "__init__.py" else first
        raise Problem(
            f"{where} hides the library {its}{others}: give it another name, and restart "
            "the kernel"
        )
    return "none"


def _folders() -> list[Path]:
    """Return the folders from which a kernel, a program of the learner's or a server imports."""
    mine = PROJECT / "my-course"
    places = [Path.cwd(), PROJECT / "notebooks", mine, mine / "mine", PROJECT]
    return list(dict.fromkeys(place.resolve() for place in places if place.is_dir()))


def _names_of_libraries() -> set[str]:
    """Return the names that belong to the standard library, to installed packages, or to us."""
    installed = importlib.metadata.packages_distributions()
    return (set(sys.stdlib_module_names) | installed.keys() | {"helpers"}) - HARMLESS


def _modules(folder: Path, names: set[str]) -> Iterator[Path]:
    """Yield the files in a folder that hide one of some names from what runs there."""
    own = {"helpers", "tests"} if folder == PROJECT else set()
    for path in sorted(folder.iterdir()):
        file = path / "__init__.py" if path.is_dir() else path
        name = path.stem if path.suffix == ".py" else path.name
        if name in names - own and file.suffix == ".py" and file.is_file():
            yield file


def _found_elsewhere(name: str) -> Path | None:
    """Return where a module is found, if that is neither the standard library nor installed."""
    loaded = sys.modules.get(name)
    spec = loaded.__spec__ if loaded else importlib.util.find_spec(name)
    if spec is None or not spec.origin or spec.origin in ("built-in", "frozen"):
        return None
    origin = Path(spec.origin).resolve()
    kinds = ("stdlib", "platstdlib", "purelib", "platlib")
    places = [Path(sysconfig.get_paths()[kind]).resolve() for kind in kinds]
    places += [Path(entry).resolve() for entry in sys.path if "site-packages" in entry]
    places += [Path(entry).resolve() for entry in sys.path if "dist-packages" in entry]
    if name == "helpers":
        places = [PROJECT]
    return None if any(place in origin.parents for place in places) else origin

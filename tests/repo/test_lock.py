"""requirements.txt is the whole lock of pyproject.toml, and names no registry."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
DIRECT = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"]


def pins() -> dict[str, list[Requirement]]:
    found: dict[str, list[Requirement]] = {}
    for line in LOCK[:-1]:
        requirement = Requirement(line)
        found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


def test_every_line_is_one_pinned_package_and_the_last_installs_helpers() -> None:
    assert LOCK[-1] == "-e ."
    pattern = r"[a-z0-9.-]+==[0-9][^ ;]*( ; .+)?"
    assert [line for line in LOCK[:-1] if not re.fullmatch(pattern, line)] == []


@pytest.mark.parametrize("direct", DIRECT)
def test_every_direct_dependency_is_pinned_above_its_lower_bound(direct: str) -> None:
    wanted = Requirement(direct)
    assert ">=" in str(wanted.specifier), "a direct dependency has a lower bound"
    for pin in pins()[canonicalize_name(wanted.name)]:
        version = next(iter(pin.specifier)).version
        assert wanted.specifier.contains(version), f"{direct}, the lock has {version}"


def test_the_browser_lock_records_no_download_address() -> None:
    text = (ROOT / "helpers/pages/package-lock.json").read_text("utf-8")
    packages = json.loads(text)["packages"]
    for name, package in packages.items():
        assert "resolved" not in package, name
        package.pop("funding", None)  # where to thank its author
        assert "://" not in json.dumps(package), name
    for name in ("socket.io-client", "yjs", "y-protocols"):
        assert "integrity" in packages[f"node_modules/{name}"]


def test_the_pages_ask_for_one_exact_release_of_the_client() -> None:
    package = json.loads((ROOT / "helpers/pages/package.json").read_text("utf-8"))
    for name, release in package["dependencies"].items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", release), name

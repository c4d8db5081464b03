"""eslint and stylelint find nothing in the pages, and see what they are there for."""

import json
import re

import pytest

from tests import pages_lint
from tests.pages_lint import HERE, LINTERS, ROOT, lint

needs_linters = pytest.mark.skipif(not pages_lint.is_installed(), reason=pages_lint.missing())


@needs_linters
@pytest.mark.parametrize("name", LINTERS)
def test_finds_nothing(name: str) -> None:
    status, output = lint(name)
    assert status == 0, output


@needs_linters
@pytest.mark.parametrize(
    ("rule", "script"),
    [
        ("no-unused-vars", "const unused = 1;"),
        ("no-undef", "missing();"),
        ("eqeqeq", "export const isOne = (number) => number == 1;"),
        ("no-var", "export var number = 1;"),
        ("prefer-const", "let number = 1;\nexport { number };"),
        ("no-restricted-properties", "document.body.innerHTML = '<b>hi</b>';"),
        ("no-restricted-properties", "document.body.insertAdjacentHTML('beforeend', '<b>');"),
        ("no-restricted-properties", "document.write('hi');"),
        ("no-restricted-syntax", "document.body.onclick = () => {};"),
        ("no-restricted-syntax", "document.body.setAttribute('onclick', 'alert(1)');"),
        ("no-eval", "eval('1');"),
        ("no-implied-eval", "setTimeout('alert(1)', 1);"),
        ("no-shadow", "const one = 1;\nexport const same = (one) => one;\nexport { one };"),
        ("no-console", "console.log('hi');"),
    ],
)
def test_a_broken_script_is_seen(rule: str, script: str) -> None:
    status, output = lint("eslint", ("helpers/pages/chat/broken.js", f"{script}\n"))
    assert status == 1, output
    assert re.search(rf" {rule}$", output, re.MULTILINE), output


@needs_linters
def test_a_classic_script_shares_no_names() -> None:
    status, output = lint("eslint", ("helpers/pages/shared/reload.js", "var lost = false;\n"))
    assert status == 1, output
    assert "no-implicit-globals" in output


@needs_linters
@pytest.mark.parametrize(
    ("rule", "sheet"),
    [
        ("property-no-unknown", "a {\n  colr: #fff;\n}"),
        ("declaration-property-value-no-unknown", "a {\n  color: #ffz;\n}"),
        ("declaration-no-important", "a {\n  color: #fff !important;\n}"),
        ("no-duplicate-selectors", "a {\n  color: #fff;\n}\n\na {\n  top: 0;\n}"),
        ("block-no-empty", "a {}"),
        ("color-named", "a {\n  color: red;\n}"),
    ],
)
def test_a_broken_style_sheet_is_seen(rule: str, sheet: str) -> None:
    status, output = lint("stylelint", ("helpers/pages/chat/broken.css", f"{sheet}\n"))
    assert status == 2, output
    assert re.search(rf" {rule}$", output, re.MULTILINE), output


def test_the_lock_records_no_download_address_and_exact_releases() -> None:
    packages = json.loads((HERE / "package-lock.json").read_text("utf-8"))["packages"]
    assert [name for name, package in packages.items() if "resolved" in package] == []
    wanted = json.loads((HERE / "package.json").read_text("utf-8"))["dependencies"]
    for name, release in wanted.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", release), name
        assert packages[f"node_modules/{name}"]["version"] == release


def test_the_learners_set_up_never_installs_the_linters() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    lines = re.findall(r"^(?:setup|lab|\$\(STAMP\)):.*\n(?:\t.*\n)*", makefile, re.MULTILINE)
    assert len(lines) == 3
    assert "pages_lint" not in "".join(lines)
    assert "pages_lint" not in (ROOT / "helpers/course/install.py").read_text("utf-8")

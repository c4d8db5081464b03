"""`reset("name")` in a kernel; what JupyterLab makes of it is in tests/browser/test_lab.py."""

from helpers.course.restore import find_stub
from helpers.exercises.engine import registry
from tests.notebooks.kernel import as_text, kernel


def test_it_hands_the_stub_to_the_cell_or_names_a_similar_exercise() -> None:
    name = next(e.name for t in registry.topics()[1:] for e in registry.exercises(t))
    keep = "shell = get_ipython(); kept = []\n"
    keep += "shell.set_next_input = lambda text, replace: kept.append((text, replace))"
    with kernel() as running:
        running.run(f"from helpers import reset\n{keep}\ndef {name}(): pass")
        wrong = as_text(running.run(f"reset({name[:-1]!r})"))
        right = as_text(running.run(f"reset({name!r})"))
        also = as_text(running.run(f"reset({name})"))
        kept = running.text("for each in kept: print(repr(each))").splitlines()
    assert wrong.startswith(f"there is no exercise {name[:-1]!r}; did you mean {name}")
    assert (
        right
        == also
        == (f"this cell is the stub of `{name}` again; Ctrl+Z in it brings your text back\n")
    )
    assert kept == [repr((find_stub(name), True))] * 2

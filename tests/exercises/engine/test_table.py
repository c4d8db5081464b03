"""The table of progress: a bar, a link, what is left, in HTML and in its text twin."""

from pathlib import Path

from helpers.exercises.engine import progress, registry
from helpers.exercises.engine.table import Row, Table, count

TABLE = Table((Row("05_one", 1, 2, ("f",)), Row("06_two", 3, 3), Row("07_long", 19, 20, ("g",))))


def test_its_text() -> None:
    assert repr(TABLE).splitlines() == [
        "notebook              solved    still to do",
        "05 one      █░        1 of 2    f",
        "06 two      ███       3 of 3    all done",
        "07 long     ███████░  19 of 20  g",
        "the course  ███████░  23 of 25",
    ]


def test_its_html_has_bars_and_links() -> None:
    shown = TABLE._repr_html_()
    assert '<a href="05_one.ipynb">05 one</a>' in shown
    bar = '<span class="bar" role="img" aria-label="1 of 2"><i style="width:50%"></i></span>'
    assert bar in shown
    assert "<code>f</code>" in shown
    assert shown.count("<a ") == 3, "the course is no notebook"


def test_what_is_not_ours_is_escaped() -> None:
    assert "<b>" not in Table((Row("05_<b>", 0, 1, ("<b>",)),))._repr_html_()


def test_it_counts_the_course(progress_file: Path) -> None:
    topic = registry.topics()[0]
    names = [exercise.name for exercise in registry.exercises(topic)]
    progress.record(names[0])
    row = count().rows[0]
    assert (row.notebook, row.solved, row.total) == (registry.notebook(topic), 1, len(names))
    assert count().course.solved == 1
    assert [r.notebook for r in count().rows] == [registry.notebook(t) for t in registry.topics()]

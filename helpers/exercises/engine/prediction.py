"""`predict`: a place for the answer to a prediction, and what happened beside it.

A lesson asks before it shows. Whoever writes an answer down learns more from being wrong, but
nobody has to: with the dots still in it, the cell runs, and so does everything after it.
"""

from __future__ import annotations

from helpers.exercises.engine.values import shown
from helpers.pictures.paint import Picture, escape, tag, wrap

__all__ = ["predict"]

NOTHING = object()
STYLE = """
& td:first-child{opacity:.7;padding-right:1.2em}
"""
_predictions: dict[str, object] = {}


def predict(name: str, answer: object = ..., *, happened: object = NOTHING) -> Picture:
    """Keep a prediction, or show it beside what happened.

    Args:
        name: what is predicted, in a few words; the same in both cells.
        answer: what you expect, in place of the dots: a number, a string, anything.
        happened: what it was; with it the prediction is shown, and not changed.

    Returns:
        What to show at the end of the cell.

    First used: start_here
    """
    if happened is not NOTHING:
        return _compare(name, _predictions.get(name, ...), happened)
    if answer is ...:
        _predictions.pop(name, None)
        return _rows(("your prediction", "write it in place of the dots, or go on without"))
    _predictions[name] = answer
    return _rows(("your prediction", shown(answer)))


def _compare(name: str, answer: object, happened: object) -> Picture:
    if answer is ...:
        return _rows(("what happened", shown(happened)))
    verdict = "as you predicted" if _agree(answer, happened) else "not what you predicted"
    rows = (("your prediction", shown(answer)), ("what happened", shown(happened)), ("", verdict))
    return _rows(*rows)


def _agree(answer: object, happened: object) -> bool:
    """Compare as a person would: `"3"` is 3, and capitals and spaces do not count."""
    try:
        if answer == happened:
            return True
    except Exception:  # a learner's own object may compare in any way
        return False
    plain = [" ".join(str(value).split()).casefold() for value in (answer, happened)]
    return plain[0] == plain[1]


def _rows(*rows: tuple[str, str]) -> Picture:
    cells = "".join(
        tag("tr", tag("td", escape(name)) + tag("td", escape(words))) for name, words in rows
    )
    size = max(len(name) for name, _ in rows)
    text = "\n".join(f"{name:<{size}}  {words}".rstrip() for name, words in rows)
    return Picture(wrap("prediction", STYLE, tag("table", tag("tbody", cells))), text)

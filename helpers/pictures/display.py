"""Shows a picture to the learner: in a notebook as HTML, anywhere else as text."""

from __future__ import annotations

import sys

from helpers.pictures.paint import Picture


def display(picture: Picture) -> None:
    """Display a picture under IPython; print its text twin anywhere else."""
    if _in_ipython():
        from IPython.display import display as ipython_display

        ipython_display(picture)  # type: ignore[no-untyped-call]
        return
    # A console without a character, such as → on some Windows machines, must not cause an error.
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(picture.text.encode(encoding, "replace").decode(encoding))


def _in_ipython() -> bool:
    if "IPython" not in sys.modules:
        return False
    from IPython import get_ipython

    return get_ipython() is not None

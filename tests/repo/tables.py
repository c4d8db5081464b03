"""Write the tables of README and of `reference/words.md`: `make tables`."""

import json
import re
from pathlib import Path

from tests.notebooks import words

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
WORDS = ROOT / "notebooks" / "reference" / "words.md"
BEGIN, END = "<!-- notebooks: written by `make tables` -->\n", "<!-- end of notebooks -->"


def heading(notebook: Path) -> tuple[str, str, str]:
    """A notebook's title, promise and minutes, as its first cell has them.

    Raises:
        ValueError: the first cell is not `# NN Title`, a promise and `… minutes`.
    """
    first = "".join(json.loads(notebook.read_text("utf-8"))["cells"][0]["source"])
    title = re.match(r"# (\d\d) (.+)", first)
    minutes = re.search(r"(\d+) minutes", first)
    if not title or not minutes:
        raise ValueError(f"{notebook.name} must open with `# NN Title` and name its minutes")
    promise = first.split("\n", 1)[1].strip().split("\n\n")[0].replace("\n", " ")
    return title[2].strip(), promise, minutes[1]


def table() -> str:
    """The Markdown table of all notebooks."""
    rows = ["| | notebook | what you get | minutes |", "|---|---|---|---|"]
    for notebook in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")):
        title, promise, minutes = heading(notebook)
        link = f"[{title}](notebooks/{notebook.name})"
        rows.append(f"| {notebook.name[:2]} | {link} | {promise} | {minutes} |")
    return "\n".join(rows) + "\n"


def readme_with_table(readme: str) -> str:
    """README's text with the table as it should be now."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def words_page() -> str:
    """The text of `reference/words.md` as it should be now."""
    return words.page(words.glossaries(ROOT / "notebooks"))


if __name__ == "__main__":
    README.write_text(readme_with_table(README.read_text("utf-8")), "utf-8")
    print("README.md: table of notebooks written")
    WORDS.parent.mkdir(exist_ok=True)
    WORDS.write_text(words_page(), "utf-8", newline="\n")
    print("notebooks/reference/words.md: written")

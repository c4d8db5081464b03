"""A judge's report: how many rules a server keeps, and for each that it breaks, what happened."""

from collections.abc import Iterable, Mapping, Sequence

from helpers.judges.verdict import Verdict
from helpers.pictures.paint import Picture, escape, scroll, tag, wrap

SHOULD = "SHOULD"  # in the place of a section: what the RFC recommends, and no rule
STYLE = """
& .judged{width:100%;max-width:62em}
& .judged tr{border-bottom:1px solid rgba(128,128,128,.18)}
& .judged .head td{background:var(--quiet)}
& .judged td:first-child{white-space:nowrap}
& .judged small{display:block;overflow-wrap:anywhere}
& .judged small b{display:inline-block;min-width:5.2em;font-weight:400;opacity:.7}
& .judged .no td:first-child{border-left:4px solid rgb(var(--bad))}
& .judged .yes td:first-child{border-left:4px solid rgb(var(--good))}
"""


class Report:
    """What a judge found.

    Args:
        verdicts: one for each case.
        noun: what a case tries, in the plural.
        verb: what the server did if it passed.
        topics: what the sections are about, by their names; a section may be missing.

    Attributes:
        passed: the verdicts on what the server withstood.
        failed: those on what it did not.
        untried: those on what could not be tried here.
    """

    def __init__(
        self,
        verdicts: Iterable[Verdict],
        noun: str = "rules",
        verb: str = "kept",
        topics: Mapping[str, str] | None = None,
    ) -> None:
        self.verdicts = tuple(verdicts)
        self.noun, self.verb, self.topics = noun, verb, topics or {}
        self.untried = [verdict for verdict in self.verdicts if verdict.untried]
        tried = [verdict for verdict in self.verdicts if not verdict.untried]
        self.passed = [verdict for verdict in tried if verdict.passed]
        self.failed = [verdict for verdict in tried if not verdict.passed]

    @property
    def summary(self) -> str:
        """How much the server withstood, in a sentence."""
        kept, total = len(self.passed), len(self.passed) + len(self.failed)
        count = f"all {total}" if kept == total else f"{kept} of {total}"
        left = f"; {len(self.untried)} not tried" if self.untried else ""
        return f"{count} {self.noun} {self.verb}{left}"

    def sections(self) -> list[tuple[str, Sequence[Verdict]]]:
        """The verdicts by section, those of RFC 6455 in its order."""
        names = sorted(dict.fromkeys(v.section for v in self.verdicts), key=section_key)
        return [(name, [v for v in self.verdicts if v.section == name]) for name in names]

    def heading(self, name: str, verdicts: Sequence[Verdict]) -> str:
        """What a section is about, and how many of its cases passed."""
        topic = self.topics.get(name)
        return (f"{topic}: " if topic else "") + self.count(verdicts)

    def count(self, verdicts: Sequence[Verdict]) -> str:
        """How many of these passed: `3 of 4 kept`."""
        tried = [verdict for verdict in verdicts if not verdict.untried]
        passed = sum(verdict.passed for verdict in tried)
        return f"{passed} of {len(tried)} {self.verb}" if tried else "not tried"

    @property
    def ended(self) -> list[Verdict]:
        """The verdicts on connections that the server had to end, and did."""
        return [verdict for verdict in self.passed if verdict.explained is not None]

    @property
    def silent(self) -> list[Verdict]:
        """Those of them where no close frame said why."""
        return [verdict for verdict in self.ended if not verdict.explained]

    def advice(self) -> str:
        """How often the server said why it hung up; not to do so breaks no rule."""
        explained = len(self.ended) - len(self.silent)
        return f"says why before it hangs up (§7.1.7): {explained} of {len(self.ended)}"

    def __repr__(self) -> str:
        lines = [self.summary, ""]
        sections = self.sections()
        size = max((len(name) for name, _ in sections), default=0) + 2
        for name, verdicts in sections:
            lines.append(f"{name:<{size}}{self.heading(name, verdicts)}")
            for verdict in shown(verdicts):
                lines.append(f"  {'?' if verdict.untried else '✗'} {verdict.rule}")
                lines += [f"      {fact:<9} {words}" for fact, words in facts(verdict)]
        if self.ended:
            lines.append(f"{SHOULD:<{size}}{self.advice()}")
            lines += [f"  – silent: it {verdict.rule}" for verdict in self.silent]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = []
        for name, verdicts in self.sections():
            css = "head yes" if not any(shown(verdicts)) else "head no"
            words = tag("td", escape(name)) + tag("td", self.heading(name, verdicts))
            rows.append(tag("tr", words, css))
            rows += [_row(verdict) for verdict in shown(verdicts)]
        if self.ended:
            css = "head" if self.silent else "head yes"
            rows.append(tag("tr", tag("td", SHOULD) + tag("td", self.advice()), css))
            rows += [
                tag("tr", tag("td", "– silent") + tag("td", escape(verdict.rule)))
                for verdict in self.silent
            ]
        table = tag("table", tag("tbody", "".join(rows)), "judged")
        title = tag("div", tag("strong", escape(self.summary)), "title")
        return wrap("judge", STYLE, title, scroll(f"which {self.noun} were {self.verb}", table))


def shown(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """The verdicts of which a report says more: those that did not pass."""
    return [verdict for verdict in verdicts if verdict.untried or not verdict.passed]


def _row(verdict: Verdict) -> str:
    lines = "".join(tag("small", tag("b", f) + " " + escape(w)) for f, w in facts(verdict))
    words = "? not tried" if verdict.untried else "✗ broken"
    css = None if verdict.untried else "no"
    return tag("tr", tag("td", words) + tag("td", escape(verdict.rule) + lines), css or "")


def facts(verdict: Verdict) -> list[tuple[str, str]]:
    """What was sent, expected and received, each with its name."""
    if verdict.untried:
        return [("because", verdict.untried)]
    found = [("sent" if not n else "", line) for n, line in enumerate(verdict.sent)]
    return [*found, ("expected", verdict.expected), ("received", verdict.received)]


def section_key(section: str) -> list[int]:
    """Sort `§5.5` before `§5.5.1` and after `§5.4`; what is no section keeps its place."""
    parts = section.removeprefix("§").split(".")
    return [int(part) for part in parts] if all(part.isdigit() for part in parts) else []


def side_by_side(reports: Mapping[str, Report]) -> Picture:
    """Compare what several servers withstood, case by case.

    Args:
        reports: by the name of the server; all of the same cases.

    Returns:
        A table with a column for each server; as the last line of a cell it is shown.
    """
    rows = list(zip(*(report.verdicts for report in reports.values()), strict=True))
    marks = [[_mark(verdict) for verdict in row] for row in rows]
    counts = [f"{len(report.passed)}" for report in reports.values()]
    size = max(map(len, reports), default=0)
    lines = ["".join(f"{name:<{size + 2}}" for name in reports)]
    lines += [
        "".join(f"{mark:<{size + 2}}" for mark in row) + verdicts[0].rule
        for row, verdicts in zip(marks, rows, strict=True)
    ]
    lines.append("".join(f"{count:<{size + 2}}" for count in counts) + f"of {len(rows)} held")
    head = tag("tr", "".join(tag("td", escape(name)) for name in [*reports, ""]), "head")
    body = "".join(
        tag("tr", "".join(tag("td", mark) for mark in row) + tag("td", escape(verdicts[0].rule)))
        for row, verdicts in zip(marks, rows, strict=True)
    )
    last = tag("tr", "".join(tag("td", n) for n in [*counts, f"of {len(rows)} held"]), "head")
    table = tag("table", tag("tbody", head + body + last), "judged")
    return Picture(wrap("judge", STYLE, scroll("side by side", table)), "\n".join(lines))


def _mark(verdict: Verdict) -> str:
    return "?" if verdict.untried else "✓" if verdict.passed else "✗"

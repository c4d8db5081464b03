"""A judge's report: how many rules a server keeps, and for each that it breaks, what happened."""

from collections.abc import Iterable, Sequence

from helpers.judges.verdict import Verdict
from helpers.pictures.paint import escape, scroll, tag, wrap

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
        verdicts: one for each case, in the order in which they are shown.

    Attributes:
        passed: the verdicts on rules that the server keeps.
        failed: those on rules that it breaks.
    """

    def __init__(self, verdicts: Iterable[Verdict]) -> None:
        self.verdicts = tuple(verdicts)
        self.passed = [verdict for verdict in self.verdicts if verdict.passed]
        self.failed = [verdict for verdict in self.verdicts if not verdict.passed]

    @property
    def summary(self) -> str:
        """How many rules the server keeps, in a sentence."""
        kept, total = len(self.passed), len(self.verdicts)
        return f"all {total} rules kept" if kept == total else f"{kept} of {total} rules kept"

    def sections(self) -> list[tuple[str, Sequence[Verdict]]]:
        """The verdicts by section of RFC 6455, in the order of the sections."""
        names = sorted({verdict.section for verdict in self.verdicts}, key=section_key)
        return [(name, [v for v in self.verdicts if v.section == name]) for name in names]

    def __repr__(self) -> str:
        lines = [self.summary, ""]
        for name, verdicts in self.sections():
            kept = sum(verdict.passed for verdict in verdicts)
            lines.append(f"{name:<8}{kept} of {len(verdicts)} kept")
            for verdict in verdicts:
                if not verdict.passed:
                    lines += [
                        f"  ✗ {verdict.rule}",
                        *(f"      {f:<9} {w}" for f, w in facts(verdict)),
                    ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = []
        for name, verdicts in self.sections():
            kept = sum(verdict.passed for verdict in verdicts)
            words = f"{kept} of {len(verdicts)} kept"
            css = "head yes" if kept == len(verdicts) else "head no"
            rows.append(tag("tr", tag("td", escape(name)) + tag("td", words), css))
            rows += [_row(verdict) for verdict in verdicts if not verdict.passed]
        table = tag("table", tag("tbody", "".join(rows)), "judged")
        title = tag("div", tag("strong", escape(self.summary)), "title")
        return wrap("judge", STYLE, title, scroll("which rules were kept", table))


def _row(verdict: Verdict) -> str:
    lines = "".join(tag("small", tag("b", f) + " " + escape(w)) for f, w in facts(verdict))
    return tag("tr", tag("td", "✗ broken") + tag("td", escape(verdict.rule) + lines), "no")


def facts(verdict: Verdict) -> list[tuple[str, str]]:
    """What was sent, expected and received, each with its name."""
    found = [("sent" if not n else "", line) for n, line in enumerate(verdict.sent)]
    return [*found, ("expected", verdict.expected), ("received", verdict.received)]


def section_key(section: str) -> list[int]:
    """Sort `§5.5` before `§5.5.1` and after `§5.4`."""
    return [int(part) for part in section.lstrip("§").split(".")]

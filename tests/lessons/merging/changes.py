"""What the lesson's **Change it** ask for, each made by a test."""

from tests.notebooks.changes import Change

CHANGES = [
    Change(
        asks="Let Carol have Bob's update alone",
        cell="25b8carol",
        old="(his, hers, his)",
        new="(his,)",
        sees="'cats'",
    ),
    Change(
        asks="Swap the client ids",
        cell="25c1mixed",
        old='copies("")',
        new='copies("", 2, 1)',
        sees="BeaAnn | BeaAnn",
    ),
    Change(
        asks="At the end of a text",
        cell="25g0caret",
        old="sticky_index(2)",
        new="sticky_index(3, Assoc.BEFORE)",
        sees="{'client': 1, 'clock': 2} is now at 7",
    ),
    Change(
        asks="Delete the line with `include_origin`",
        cell="25g3undo",
        old='manager.include_origin("Alice")\n',
        new="",
        sees="'big cat'",
    ),
]

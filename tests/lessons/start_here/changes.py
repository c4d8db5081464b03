"""What the lesson's **Change it** ask for, each made by a test."""

from tests.notebooks.changes import Change

CHANGES = [
    Change(
        "In `echo`, write",
        cell="5e701a03",
        old="send(message)",
        new="send(message[::-1])",
        runs=("d43724b9", "348c3cdd"),
        sees="olleH",
    ),
    Change("Send `Hellö`", cell="104ae459", old='"Hello"', new='"Hellö"', sees="6 bytes"),
]

"""What the lesson asks to change, and what is seen then."""

from tests.notebooks.changes import Change

CHANGES = [
    Change(
        asks="In `one_by_one`, put the `send` into a `try`",
        cell="22c10002",
        old="        await websocket.send(text)",
        new=(
            "        try:\n            await websocket.send(text)\n"
            "        except ConnectionClosed:\n            pass"
        ),
        runs=("22c10007", "22c10010"),
        sees="True",
    ),
    Change(
        asks="Make `await asyncio.sleep(0)` the last line of `by_outbox`",
        cell="22c20002",
        old="abort()  # hang up, without a goodbye",
        new="abort()\n    await asyncio.sleep(0)",
        runs=("22c20006",),
        sees="what happened  2",
    ),
    Change(
        asks='In `say_twice`, write `id=f"n{attempt}"`',
        cell="22c40002",
        old='id="n1"',
        new='id=f"n{attempt}"',
        sees="with ids: 2",
    ),
]

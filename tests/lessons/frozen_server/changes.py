"""What the lesson asks to change, and what is seen then."""

from tests.notebooks.changes import Change

CHANGES = [
    Change(
        asks="In `reporter`, write `await asyncio.sleep",
        cell="d7043729",
        old="time.sleep(0.5)",
        new="await asyncio.sleep(0.5)",
        runs=("dac90562",),
        sees="what happened  0.0",
    ),
    Change(
        asks="In `reporter`, write `sum(range",
        cell="d7043729",
        old="time.sleep(0.5)",
        new="sum(range(10**8))",
        runs=("f5a10007",),
        sees="with all other threads",
    ),
    Change(
        asks="In `flood`, write",
        cell="c7e15002",
        old='        await websocket.send("x")',
        new='        await websocket.send("x")\n        await asyncio.sleep(0)',
        runs=("c7e15003",),
        sees="the other task had 1000 turns",
    ),
    Change(
        asks="In `say_hello`, write",
        cell="f5a1000e",
        old='    ws.send("Hello")',
        new='    await ws.send("Hello")',
        runs=("93bd2248",),
        sees=("no warning", "what happened  'Hello'"),
    ),
    Change(
        asks="In `hear_news`, write",
        cell="f5a10023",
        old="    asyncio.create_task(listen(",
        new="    task = asyncio.create_task(listen(",
        runs=("f5a10014",),
        sees=("Task was destroyed but it is pending!", "what happened  ['news']"),
    ),
]

"""What the lesson asks to change, and what is seen then."""

from tests.notebooks.changes import Change

CHANGES = [
    Change(
        asks="In `reporter`, write",
        cell="d7043729",
        old="time.sleep(0.5)",
        new="await asyncio.sleep(0.5)",
        runs=("dac90562",),
        sees="what happened  0.0",
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
        asks="Write `await ws.send",
        cell="93bd2248",
        old='    ws.send("Hello")',
        new='    await ws.send("Hello")',
        sees="what happened  'Hello'",
    ),
    Change(
        asks="Write `task = asyncio",
        cell="f5a10014",
        old="    asyncio.create_task(listen(",
        new="    task = asyncio.create_task(listen(",
        sees="what happened  ['news']",
    ),
]

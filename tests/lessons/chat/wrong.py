"""Wrong answers to the lesson chat, each with the hint that its author needs."""

import asyncio
import json

from websockets import ConnectionClosed

from tests.lessons.wrong import wrong


def welcomed(name):
    return json.dumps({"type": "welcome", "name": name})


ERROR = json.dumps({"type": "error", "code": "bad_name"})


def name_in(text):
    """Return the name that joins; empty for nonsense."""
    try:
        message = json.loads(text)
    except ValueError:
        return ""
    match message:
        case {"type": "join", "name": str(name)}:
            return name.strip()
    return ""


@wrong("welcome", hint="Alice is here already")
async def welcome_trusts(websocket, people):
    name = json.loads(await websocket.recv())["name"]
    people[name] = websocket
    await websocket.send(welcomed(name))
    return name


@wrong("welcome", hint="compare `casefold()`")
async def welcome_minds_case(websocket, people):
    async for text in websocket:
        name = name_in(text)
        if name and name not in people:
            people[name] = websocket
            await websocket.send(welcomed(name))
            return name
        await websocket.send(ERROR)


@wrong("welcome", hint="`strip()` it first")
async def welcome_keeps_spaces(websocket, people):
    async for text in websocket:
        try:
            name = json.loads(text)["name"]
        except (ValueError, KeyError):
            name = ""
        if name and name.casefold() not in [known.casefold() for known in people]:
            people[name] = websocket
            await websocket.send(welcomed(name))
            return name
        await websocket.send(ERROR)


@wrong("welcome", hint="answer with an error, and go on")
async def welcome_gives_up(websocket, people):
    name = name_in(await websocket.recv())
    if name.casefold() in [known.casefold() for known in people]:
        return None
    people[name] = websocket
    await websocket.send(welcomed(name))
    return name


@wrong("welcome", hint="take both in the same loop")
async def welcome_one_error_then_over(websocket, people):
    name = name_in(await websocket.recv())
    if name.casefold() in [known.casefold() for known in people]:
        await websocket.send(ERROR)
        name = name_in(await websocket.recv())
    people[name] = websocket
    await websocket.send(welcomed(name))
    return name


@wrong("welcome", hint="It returned None")
async def welcome_returns_nothing(websocket, people):
    name = name_in(await websocket.recv())
    people[name] = websocket
    await websocket.send(welcomed(name))


@wrong("welcome", hint="`return name` ends it")
async def welcome_stays_in_its_loop(websocket, people):
    async for text in websocket:
        name = name_in(text)
        people[name] = websocket
        await websocket.send(welcomed(name))


@wrong("welcome", hint="nobody will reach the client")
async def welcome_enters_nobody(websocket, people):
    name = name_in(await websocket.recv())
    await websocket.send(welcomed(name))
    return name


@wrong("welcome", hint="It is the other way round")
async def welcome_enters_backwards(websocket, people):
    name = name_in(await websocket.recv())
    people[websocket] = name
    await websocket.send(welcomed(name))
    return name


@wrong("welcome", hint="`people` is a dict: `people[name] = websocket`")
async def welcome_appends(websocket, people):
    name = name_in(await websocket.recv())
    people.append(name)
    await websocket.send(welcomed(name))
    return name


@wrong("welcome", hint="is no connection: the handler's `websocket` belongs there")
async def welcome_enters_true(websocket, people):
    name = name_in(await websocket.recv())
    people[name] = True
    await websocket.send(welcomed(name))
    return name


@wrong("welcome", hint="keep the name as it was typed")
async def welcome_enters_small_letters(websocket, people):
    name = name_in(await websocket.recv())
    people[name.casefold()] = websocket
    await websocket.send(welcomed(name))
    return name


@wrong("welcome", hint='"name" should be "Alice", spelled exactly')
async def welcome_answers_small_letters(websocket, people):
    name = name_in(await websocket.recv()).casefold()
    people[name] = websocket
    await websocket.send(welcomed(name))
    return name


@wrong("welcome", hint="Not every text is JSON")
async def welcome_expects_json(websocket, people):
    async for text in websocket:
        match json.loads(text):
            case {"type": "join", "name": str(name)}:
                name = name.strip()
                if name.casefold() not in [known.casefold() for known in people]:
                    people[name] = websocket
                    await websocket.send(welcomed(name))
                    return name
        await websocket.send(ERROR)


@wrong("welcome", hint="Not every message has a name")
async def welcome_expects_a_name(websocket, people):
    async for text in websocket:
        try:
            message = json.loads(text)
        except ValueError:
            message = {"name": ""}
        name = message["name"].strip()
        if name and name.casefold() not in [known.casefold() for known in people]:
            people[name] = websocket
            await websocket.send(welcomed(name))
            return name
        await websocket.send(ERROR)


@wrong("welcome", hint="A name may be no text at all")
async def welcome_expects_a_text(websocket, people):
    async for text in websocket:
        try:
            message = json.loads(text)
        except ValueError:
            message = {}
        name = message.get("name", "").strip()
        if name and name.casefold() not in [known.casefold() for known in people]:
            people[name] = websocket
            await websocket.send(welcomed(name))
            return name
        await websocket.send(ERROR)


@wrong("welcome", hint="Nothing is left of that name")
async def welcome_takes_empty_names(websocket, people):
    async for text in websocket:
        try:
            match json.loads(text):
                case {"type": "join", "name": str(name)}:
                    name = name.strip()
                    if name.casefold() not in [known.casefold() for known in people]:
                        people[name] = websocket
                        await websocket.send(welcomed(name))
                        return name
        except ValueError:
            pass
        await websocket.send(ERROR)


@wrong("welcome", hint="Nobody asked to join")
async def welcome_ignores_the_type(websocket, people):
    async for text in websocket:
        try:
            match json.loads(text):
                case {"name": str(name)} if name.strip():
                    name = name.strip()
                    if name.casefold() not in [known.casefold() for known in people]:
                        people[name] = websocket
                        await websocket.send(welcomed(name))
                        return name
        except ValueError:
            pass
        await websocket.send(ERROR)


@wrong("welcome", hint="Both got it")
async def welcome_sends_first(websocket, people):
    async for text in websocket:
        name = name_in(text)
        if name and name.casefold() not in [known.casefold() for known in people]:
            await websocket.send(welcomed(name))
            people[name] = websocket
            return name
        await websocket.send(ERROR)


@wrong("welcome", hint="So her name is free")
async def welcome_remembers_for_ever(websocket, people, seen=set()):  # noqa: B006
    if not people:
        seen.clear()
    async for text in websocket:
        name = name_in(text)
        if name and name.casefold() not in seen:
            seen.add(name.casefold())
            people[name] = websocket
            await websocket.send(welcomed(name))
            return name
        await websocket.send(ERROR)


@wrong("welcome", hint="`json.dumps(…)` makes one of a dict")
async def welcome_sends_a_dict(websocket, people):
    name = name_in(await websocket.recv())
    people[name] = websocket
    await websocket.send({"type": "welcome", "name": name})
    return name


@wrong("welcome", hint="how Python prints a dict")
async def welcome_sends_str(websocket, people):
    name = name_in(await websocket.recv())
    people[name] = websocket
    await websocket.send(str({"type": "welcome", "name": name}))
    return name


@wrong("welcome", hint="A message is a JSON object")
async def welcome_sends_a_greeting(websocket, people):
    name = name_in(await websocket.recv())
    people[name] = websocket
    await websocket.send(f"Welcome, {name}")
    return name


@wrong("welcome", hint="What it returns reaches no client")
async def welcome_returns_the_message(websocket, people):
    name = name_in(await websocket.recv())
    people[name] = websocket
    return welcomed(name)


@wrong("welcome", hint="Nobody awaited `send(…)`")
async def welcome_forgets_await(websocket, people):
    name = name_in(await websocket.recv())
    people[name] = websocket
    websocket.send(welcomed(name))
    return name


@wrong("welcome", hint="is what you give it awaited")
async def welcome_forgets_to_await_recv(websocket, people):
    name = json.loads(websocket.recv())["name"]
    people[name] = websocket
    await websocket.send(welcomed(name))
    return name


@wrong("welcome", hint='its "type" says what it is')
async def welcome_error_without_type(websocket, people):
    async for text in websocket:
        name = name_in(text)
        if name and name.casefold() not in [known.casefold() for known in people]:
            people[name] = websocket
            await websocket.send(welcomed(name))
            return name
        await websocket.send(json.dumps({"error": "taken"}))


@wrong("welcome", hint="did not end within")
async def welcome_asks_once_and_loops(websocket, people):
    text = await websocket.recv()
    while True:
        name = name_in(text)
        if name and name.casefold() not in [known.casefold() for known in people]:
            people[name] = websocket
            await websocket.send(welcomed(name))
            return name


@wrong("typing", hint="leave out `name` itself")
async def typing_to_all(name, on, people):
    for websocket in people.values():
        await websocket.send(json.dumps({"type": "typing", "name": name, "on": on}))


@wrong("typing", hint="Only the one who types got it")
async def typing_to_oneself(name, on, people):
    await people[name].send(json.dumps({"type": "typing", "name": name, "on": on}))


@wrong("typing", hint="Carol has left")
async def typing_dies_with_carol(name, on, people):
    text = json.dumps({"type": "typing", "name": name, "on": on})
    for who in people:
        if who != name:
            await people[who].send(text)


@wrong("typing", hint="The message did not reach Dave")
async def typing_tries_outside(name, on, people):
    try:
        for who in people:
            if who != name:
                await people[who].send(json.dumps({"type": "typing", "name": name, "on": on}))
    except ConnectionClosed:
        pass


@wrong("typing", hint="The message did not reach Dave")
async def typing_returns_in_the_loop(name, on, people):
    for who in people:
        if who != name:
            return await people[who].send(json.dumps({"type": "typing", "name": name, "on": on}))


@wrong("typing", hint="That is a name")
async def typing_sends_to_names(name, on, people):
    for who in people:
        if who != name:
            await who.send(json.dumps({"type": "typing", "name": name, "on": on}))


@wrong("typing", hint="gives both")
async def typing_unpacks_the_dict(name, on, people):
    for who, websocket in people:
        if who != name:
            await websocket.send(json.dumps({"type": "typing", "name": name, "on": on}))


@wrong("typing", hint="Does the loop use the name `name` again")
async def typing_shadows_its_name(name, on, people):
    for name, websocket in people.items():
        if name != name:
            await websocket.send(json.dumps({"type": "typing", "name": name, "on": on}))


@wrong("typing", hint="The loop's variable has replaced `name`")
async def typing_names_the_listener(name, on, people):
    typist = people[name]
    for name, websocket in people.items():
        if websocket is not typist:
            await websocket.send(json.dumps({"type": "typing", "name": name, "on": on}))


@wrong("typing", hint="`json.dumps(…)` makes one of a dict")
async def typing_sends_a_dict(name, on, people):
    for who in people:
        if who != name:
            await people[who].send({"type": "typing", "name": name, "on": on})


@wrong("typing", hint="how Python prints a dict")
async def typing_sends_str(name, on, people):
    for who in people:
        if who != name:
            await people[who].send(str({"type": "typing", "name": name, "on": on}))


@wrong("typing", hint="JSON in JSON")
async def typing_dumps_twice(name, on, people):
    text = json.dumps({"type": "typing", "name": name, "on": on})
    for who in people:
        if who != name:
            await people[who].send(json.dumps(text))


@wrong("typing", hint='"on" should be true or false')
async def typing_on_as_text(name, on, people):
    for who in people:
        if who != name:
            await people[who].send(json.dumps({"type": "typing", "name": name, "on": str(on)}))


@wrong("typing", hint='"on" should be false')
async def typing_always_on(name, on, people):
    for who in people:
        if who != name:
            await people[who].send(json.dumps({"type": "typing", "name": name, "on": True}))


@wrong("typing", hint='The message has no "on"')
async def typing_without_on(name, on, people):
    for who in people:
        if who != name:
            await people[who].send(json.dumps({"type": "typing", "name": name}))


@wrong("typing", hint="What it returns reaches nobody")
async def typing_returns(name, on, people):
    return json.dumps({"type": "typing", "name": name, "on": on})


@wrong("typing", hint="Nobody awaited `send(…)`")
async def typing_forgets_await(name, on, people):
    for who in people:
        if who != name:
            people[who].send(json.dumps({"type": "typing", "name": name, "on": on}))


@wrong("typing", hint="leave it as it was")
async def typing_throws_out(name, on, people):
    text = json.dumps({"type": "typing", "name": name, "on": on})
    people.pop(name)
    for websocket in people.values():
        await websocket.send(text)


@wrong("typing", hint="each handler takes out its own client")
async def typing_takes_out(name, on, people):
    text = json.dumps({"type": "typing", "name": name, "on": on})
    for who in people:
        if who != name:
            try:
                await people[who].send(text)
            except ConnectionClosed:
                del people[who]


@wrong("whisper", hint="Alice wrote it")
async def whisper_to_one(sender, to, text, people):
    message = {"type": "message", "from": sender, "to": to, "text": text}
    await people[to].send(json.dumps(message))


@wrong("whisper", hint="It was private, and Carol can read it")
async def whisper_to_all(sender, to, text, people):
    message = {"type": "message", "from": sender, "to": to, "text": text}
    for websocket in people.values():
        await websocket.send(json.dumps(message))


@wrong("whisper", hint="the sender should be told")
async def whisper_ignores_strangers(sender, to, text, people):
    message = {"type": "message", "from": sender, "to": to, "text": text}
    if to in people:
        await people[to].send(json.dumps(message))
        await people[sender].send(json.dumps(message))


@wrong("whisper", hint="`people.get(to)`")
async def whisper_key_error(sender, to, text, people):
    message = {"type": "message", "from": sender, "to": to, "text": text}
    await people[to].send(json.dumps(message))
    await people[sender].send(json.dumps(message))


@wrong("whisper", hint="Once is enough")
async def whisper_twice_to_oneself(sender, to, text, people):
    message = {"type": "message", "from": sender, "to": to, "text": text}
    if to not in people:
        message = {"type": "error", "code": "no_such_person"}
        to = sender
        await people[sender].send(json.dumps(message))
    else:
        await people[to].send(json.dumps(message))
        await people[sender].send(json.dumps(message))


@wrong("whisper", hint="Carol has left")
async def whisper_to_the_gone(sender, to, text, people):
    message = {"type": "message", "from": sender, "to": to, "text": text}
    if to not in people:
        message, to = {"type": "error", "code": "no_such_person"}, sender
    for who in {sender, to}:
        await people[who].send(json.dumps(message))


@wrong("whisper", hint="send to the other one first")
async def whisper_tells_the_sender_first(sender, to, text, people):
    message = {"type": "message", "from": sender, "to": to, "text": text}
    try:
        if to in people:
            await people[sender].send(json.dumps(message))
        if to != sender:
            await people[to].send(json.dumps(message))
    except (KeyError, ConnectionClosed):
        error = {"type": "error", "code": "no_such_person"}
        await people[sender].send(json.dumps(error))


@wrong("whisper", hint="It did not arrive")
async def whisper_pretends(sender, to, text, people):
    message = {"type": "message", "from": sender, "to": to, "text": text}
    for who in {sender, to}:
        if who in people:
            await people[who].send(json.dumps(message))


@wrong("whisper", hint="for the sender alone")
async def whisper_tells_all_of_the_error(sender, to, text, people):
    message = {"type": "message", "from": sender, "to": to, "text": text}
    if to not in people:
        for websocket in people.values():
            await websocket.send(json.dumps({"type": "error", "code": "no_such_person"}))
        return
    for who in {sender, to}:
        await people[who].send(json.dumps(message))


@wrong("whisper", hint="letter by letter")
async def whisper_minds_no_case(sender, to, text, people):
    message = {"type": "message", "from": sender, "to": to, "text": text}
    if to.casefold() not in [who.casefold() for who in people]:
        message, to = {"type": "error", "code": "no_such_person"}, sender
    for who in people:
        if who.casefold() in (to.casefold(), sender.casefold()):
            await people[who].send(json.dumps(message))


@wrong("whisper", hint="do not glue it together")
async def whisper_glues_json(sender, to, text, people):
    message = f'{{"type": "message", "from": "{sender}", "to": "{to}", "text": "{text}"}}'
    if to not in people:
        message, to = json.dumps({"type": "error", "code": "no_such_person"}), sender
    for who in {sender, to}:
        await people[who].send(message)


@wrong("whisper", hint='The message has no "to"')
async def whisper_without_to(sender, to, text, people):
    message = {"type": "message", "from": sender, "text": text}
    for who in {sender, to}:
        await people[who].send(json.dumps(message))


@wrong("whisper", hint='"from" should be "Alice"')
async def whisper_from_the_receiver(sender, to, text, people):
    for who in {sender, to}:
        message = {"type": "message", "from": to, "to": to, "text": text}
        await people[who].send(json.dumps(message))


@wrong("whisper", hint="What it returns reaches nobody")
async def whisper_returns(sender, to, text, people):
    return {"type": "message", "from": sender, "to": to, "text": text}


@wrong("whisper", hint="Nobody awaited `send(…)`")
async def whisper_forgets_await(sender, to, text, people):
    message = {"type": "message", "from": sender, "to": to, "text": text}
    for who in {sender, to}:
        people[who].send(json.dumps(message))


@wrong("whisper", hint='"code" should be "no_such_person"')
async def whisper_has_its_own_code(sender, to, text, people):
    message = {"type": "message", "from": sender, "to": to, "text": text}
    if to not in people:
        message, to = {"type": "error", "code": "unknown"}, sender
    for who in {sender, to}:
        await people[who].send(json.dumps(message))


@wrong("catch_up", hint="While you sent, others went on talking")
async def catch_up_once(websocket, messages, clients, seen):
    for number in range(seen, len(messages)):
        await websocket.send(messages[number])
    clients.add(websocket)


@wrong("catch_up", hint="While you sent, others went on talking")
async def catch_up_slice(websocket, messages, clients, seen):
    for message in messages[seen:]:
        await websocket.send(message)
    clients.add(websocket)


@wrong("catch_up", hint="came twice")
async def catch_up_adds_first_and_looks_again(websocket, messages, clients, seen):
    clients.add(websocket)
    while seen < len(messages):
        await websocket.send(messages[seen])
        seen += 1


@wrong("catch_up", hint="the order is wrong")
async def catch_up_adds_first(websocket, messages, clients, seen):
    clients.add(websocket)
    for message in messages[seen:]:
        await websocket.send(message)


@wrong("catch_up", hint="hears nothing new")
async def catch_up_adds_nobody(websocket, messages, clients, seen):
    while seen < len(messages):
        await websocket.send(messages[seen])
        seen += 1


@wrong("catch_up", hint="She has the first 2 already")
async def catch_up_from_the_start(websocket, messages, clients, seen):
    for message in messages:
        await websocket.send(message)
    clients.add(websocket)


@wrong("catch_up", hint="The first one is missing")
async def catch_up_one_too_far(websocket, messages, clients, seen):
    while seen + 1 < len(messages):
        seen += 1
        await websocket.send(messages[seen])
    clients.add(websocket)


@wrong("catch_up", hint="That is a list as a text")
async def catch_up_dumps(websocket, messages, clients, seen):
    await websocket.send(json.dumps(messages[seen:]))
    clients.add(websocket)


@wrong("catch_up", hint="fragments of one message")
async def catch_up_sends_the_list(websocket, messages, clients, seen):
    await websocket.send(messages[seen:])
    clients.add(websocket)


@wrong("catch_up", hint="What it returns reaches nobody")
async def catch_up_returns(websocket, messages, clients, seen):
    return messages[seen:]


@wrong("catch_up", hint="Nobody awaited `send(…)`")
async def catch_up_forgets_await(websocket, messages, clients, seen):
    while seen < len(messages):
        websocket.send(messages[seen])
        seen += 1
    clients.add(websocket)


@wrong("catch_up", hint="did not end within")
async def catch_up_never_counts(websocket, messages, clients, seen):
    while seen < len(messages):
        pass
    clients.add(websocket)


@wrong("catch_up", hint="`messages` belongs to all")
async def catch_up_takes_away(websocket, messages, clients, seen):
    del messages[:seen]
    while messages:
        await websocket.send(messages.pop(0))
    clients.add(websocket)


@wrong("catch_up", hint="`clients` is a set")
async def catch_up_appends(websocket, messages, clients, seen):
    while seen < len(messages):
        await websocket.send(messages[seen])
        seen += 1
    clients.append(websocket)


@wrong("catch_up", hint="reads past the end")
async def catch_up_reads_past_the_end(websocket, messages, clients, seen):
    while True:
        await websocket.send(messages[seen])
        seen += 1


@wrong("catch_up", hint="came twice")
async def catch_up_in_a_task(websocket, messages, clients, seen):
    clients.add(websocket)
    await asyncio.gather(*[websocket.send(message) for message in messages[seen:]])
    while seen < len(messages):
        await websocket.send(messages[seen])
        seen += 1

"""Wrong answers to the lesson websockets, each with the hint that its author needs."""

import asyncio
import json
import operator

from websockets import ConnectionClosed

from tests.lessons.wrong import wrong

SIGNS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}


def error(reason):
    return json.dumps({"type": "error", "reason": reason})


def result(value):
    return json.dumps({"type": "result", "value": value})


@wrong("reverse", hint="it ends: `async for` continues until the client leaves")
async def reverse_once(websocket):
    message = await websocket.recv()
    await websocket.send(message[::-1])


@wrong("reverse", hint="still in their old order")
async def reverse_echo(websocket):
    async for message in websocket:
        await websocket.send(message)


@wrong("reverse", hint="The words are reversed")
async def reverse_words(websocket):
    async for message in websocket:
        words = message.split()
        await websocket.send(" ".join(words[::-1]) if len(words) > 1 else message[::-1])


@wrong("reverse", hint="how Python prints an object")
async def reverse_list(websocket):
    async for message in websocket:
        await websocket.send(str(list(reversed(message))))


@wrong("reverse", hint="An empty text has an answer too")
async def reverse_iterator(websocket):
    async for message in websocket:
        await websocket.send(reversed(message))  # one fragment a letter


@wrong("reverse", hint="Those are bytes")
async def reverse_bytes(websocket):
    async for message in websocket:
        await websocket.send(message.encode()[::-1])


@wrong("reverse", hint="Nobody awaited `send(…)`")
async def reverse_without_await(websocket):
    async for message in websocket:
        websocket.send(message[::-1])


@wrong("reverse", hint="A coroutine is not its result yet")
async def reverse_of_recv(websocket):
    async for message in websocket.recv():
        await websocket.send(message[::-1])


@wrong("reverse", hint="When the handler ends, its connection closes")
async def reverse_returns(websocket):
    async for message in websocket:
        return message[::-1]


@wrong("reverse", hint="did not end within")
async def reverse_spins(websocket):
    await websocket.recv()
    while True:
        pass


@wrong("reverse", hint="so the loop has to wait for them: `async for`")
async def reverse_plain_for(websocket):
    for message in websocket:
        await websocket.send(message[::-1])


@wrong("reverse", hint="each message gets one, no more")
async def reverse_twice(websocket):
    async for message in websocket:
        await websocket.send(message[::-1])
        await websocket.send(message[::-1])


@wrong("calculator", hint="Not every text is JSON")
async def calculator_trusting(websocket):
    async for text in websocket:
        request = json.loads(text)
        value = SIGNS[request["op"]](request["a"], request["b"])
        await websocket.send(result(value))


@wrong("calculator", hint="catch ZeroDivisionError")
async def calculator_divides_by_zero(websocket):
    async for text in websocket:
        try:
            request = json.loads(text)
        except ValueError:
            await websocket.send(error("no JSON"))
            continue
        value = SIGNS[request["op"]](request["a"], request["b"])
        await websocket.send(result(value))


@wrong("calculator", hint="none of the four operations")
async def calculator_key_error(websocket):
    async for text in websocket:
        try:
            request = json.loads(text)
            value = SIGNS[request["op"]](request["a"], request["b"])
            await websocket.send(result(value))
        except (ValueError, ZeroDivisionError) as problem:
            await websocket.send(error(str(problem)))


@wrong("calculator", hint="Never `eval` it")
async def calculator_evals(websocket):
    async for text in websocket:
        try:
            request = json.loads(text)
            value = eval(f"{request['a']} {request['op']} {request['b']}")
            await websocket.send(result(value))
        except Exception as problem:
            await websocket.send(error(str(problem)))


@wrong("calculator", hint="answer with an error")
async def calculator_ignores_unknown(websocket):
    async for text in websocket:
        try:
            request = json.loads(text)
            if request.get("op") in SIGNS:
                value = SIGNS[request["op"]](request["a"], request["b"])
                await websocket.send(result(value))
        except (ValueError, ZeroDivisionError) as problem:
            await websocket.send(error(str(problem)))


@wrong("calculator", hint="Python adds texts too")
async def calculator_adds_texts(websocket):
    async for text in websocket:
        try:
            request = json.loads(text)
            value = SIGNS[request["op"]](request["a"], request["b"])
            await websocket.send(result(value))
        except Exception as problem:
            await websocket.send(error(str(problem)))


@wrong("calculator", hint="JSON is not always an object")
async def calculator_expects_a_dict(websocket):
    async for text in websocket:
        try:
            request = json.loads(text)
        except ValueError:
            request = {}
        a, b, sign = request.get("a"), request.get("b"), request.get("op")
        if type(a) is not int or type(b) is not int or sign not in SIGNS:
            await websocket.send(error("cannot compute this"))
        elif sign == "/" and b == 0:
            await websocket.send(error("division by zero"))
        else:
            await websocket.send(result(SIGNS[sign](a, b)))


@wrong("calculator", hint="Catch ValueError: it is the parent")
async def calculator_catches_json_only(websocket):
    async for text in websocket:
        try:
            match json.loads(text):
                case {"a": int(a), "op": "+" | "-" | "*" | "/" as sign, "b": int(b)}:
                    await websocket.send(result(SIGNS[sign](a, b)))
                case _:
                    await websocket.send(error("cannot compute this"))
        except (json.JSONDecodeError, ZeroDivisionError) as problem:
            await websocket.send(error(str(problem)))


@wrong("calculator", hint="An answer is JSON")
async def calculator_sends_text(websocket):
    async for text in websocket:
        request = json.loads(text)
        value = SIGNS[request["op"]](request["a"], request["b"])
        await websocket.send(f"result: {value}")


@wrong("calculator", hint="An answer is an object with")
async def calculator_sends_a_number(websocket):
    async for text in websocket:
        request = json.loads(text)
        value = SIGNS[request["op"]](request["a"], request["b"])
        await websocket.send(json.dumps(value))


@wrong("calculator", hint="Divide a by b, with `/`")
async def calculator_drops_the_rest(websocket):
    async for text in websocket:
        request = json.loads(text)
        value = (SIGNS | {"/": operator.floordiv})[request["op"]](request["a"], request["b"])
        await websocket.send(result(value))


@wrong("calculator", hint="`json.dumps(…)` makes one from a dict")
async def calculator_sends_a_dict(websocket):
    async for text in websocket:
        request = json.loads(text)
        value = SIGNS[request["op"]](request["a"], request["b"])
        await websocket.send({"type": "result", "value": value})


@wrong("calculator", hint='An error has a "reason"')
async def calculator_gives_no_reason(websocket):
    async for text in websocket:
        try:
            request = json.loads(text)
            value = SIGNS[request["op"]](request["a"], request["b"])
            await websocket.send(result(value))
        except Exception:
            await websocket.send(json.dumps({"type": "error"}))


@wrong("calculator", hint="the `try` belongs into the loop")
async def calculator_tries_outside(websocket):
    try:
        async for text in websocket:
            request = json.loads(text)
            value = SIGNS[request["op"]](request["a"], request["b"])
            await websocket.send(result(value))
    except Exception as problem:
        await websocket.send(error(str(problem)))


@wrong("calculator", hint="`str(error)` makes a text of one")
async def calculator_sends_the_exception(websocket):
    async for text in websocket:
        try:
            request = json.loads(text)
            value = SIGNS[request["op"]](request["a"], request["b"])
            await websocket.send(result(value))
        except Exception as problem:
            await websocket.send(error(problem))


@wrong("calculator", hint="is the text read with `json.loads`")
async def calculator_never_loads(websocket):
    async for text in websocket:
        match text:
            case {"type": "compute", "a": a, "op": sign, "b": b}:
                await websocket.send(result(SIGNS[sign](a, b)))
            case _:
                await websocket.send(error("unknown request"))


@wrong("calculator", hint="does each request get one answer")
async def calculator_answers_twice(websocket):
    async for text in websocket:
        request = json.loads(text)
        await websocket.send(result(SIGNS[request["op"]](request["a"], request["b"])))
        await websocket.send(error("and nothing else"))


@wrong("calculator", hint='belongs under "value"')
async def calculator_names_it_result(websocket):
    async for text in websocket:
        request = json.loads(text)
        value = SIGNS[request["op"]](request["a"], request["b"])
        await websocket.send(json.dumps({"type": "result", "result": value}))


@wrong("calculator", hint='A "value" is a number')
async def calculator_value_as_text(websocket):
    async for text in websocket:
        request = json.loads(text)
        value = SIGNS[request["op"]](request["a"], request["b"])
        await websocket.send(result(str(value)))


@wrong("calculator", hint="0.5 is a number, too")
async def calculator_whole_numbers_only(websocket):
    async for text in websocket:
        try:
            match json.loads(text):
                case {"type": "compute", "a": int(a), "op": str(sign), "b": int(b)}:
                    await websocket.send(result(SIGNS[sign](a, b)))
                case _:
                    await websocket.send(error("unknown request"))
        except (ValueError, KeyError, ZeroDivisionError) as problem:
            await websocket.send(error(str(problem)))


@wrong("calculator", hint="Nobody asked to compute")
async def calculator_ignores_the_type(websocket):
    async for text in websocket:
        try:
            match json.loads(text):
                case {"a": int() | float() as a, "op": str(sign), "b": int() | float() as b}:
                    await websocket.send(result(SIGNS[sign](a, b)))
                case _:
                    await websocket.send(error("unknown request"))
        except (ValueError, KeyError, ZeroDivisionError) as problem:
            await websocket.send(error(str(problem)))


@wrong("find_dead", hint="`await ws.ping()` only sends")
async def find_dead_only_pings(peers):
    dead = []
    for name, websocket in peers.items():
        try:
            await websocket.ping()
        except ConnectionClosed:
            dead.append(name)
    return dead


@wrong("find_dead", hint="put a deadline around the wait")
async def find_dead_waits_for_ever(peers):
    dead = []
    for name, websocket in peers.items():
        try:
            await (await websocket.ping())
        except ConnectionClosed:
            dead.append(name)
    return dead


@wrong("find_dead", hint="ask all of them at once")
async def find_dead_one_by_one(peers):
    dead = []
    for name, websocket in peers.items():
        try:
            async with asyncio.timeout(1):
                await (await websocket.ping())
        except (TimeoutError, ConnectionClosed):
            dead.append(name)
    return dead


@wrong("find_dead", hint="Dave has left already")
async def find_dead_without_the_closed(peers):
    async def is_dead(websocket):
        try:
            async with asyncio.timeout(1):
                await (await websocket.ping())
        except TimeoutError:
            return True
        return False

    dead = await asyncio.gather(*map(is_dead, peers.values()))
    return [name for name, gone in zip(peers, dead, strict=True) if gone]


@wrong("find_dead", hint="catch it for each peer")
async def find_dead_raises(peers):
    async with asyncio.timeout(1):
        await asyncio.gather(*[await w.ping() for n, w in peers.items() if n != "Dave"])
    return []


@wrong("find_dead", hint="Carol is slow, not dead")
async def find_dead_hasty(peers):
    async def is_dead(websocket):
        try:
            await asyncio.wait_for(await websocket.ping(), 0.1)
        except (TimeoutError, ConnectionClosed):
            return True
        return False

    dead = await asyncio.gather(*map(is_dead, peers.values()))
    return [name for name, gone in zip(peers, dead, strict=True) if gone]


@wrong("find_dead", hint="Ask with a ping, do not wait for messages")
async def find_dead_by_silence(peers):
    async def is_dead(websocket):
        try:
            await asyncio.wait_for(websocket.recv(), 1)
        except (TimeoutError, ConnectionClosed):
            return True
        return False

    dead = await asyncio.gather(*map(is_dead, peers.values()))
    return [name for name, gone in zip(peers, dead, strict=True) if gone]


@wrong("find_dead", hint="Those are the living")
async def find_dead_finds_the_living(peers):
    async def lives(websocket):
        try:
            await asyncio.wait_for(await websocket.ping(), 1)
        except (TimeoutError, ConnectionClosed):
            return False
        return True

    alive = await asyncio.gather(*map(lives, peers.values()))
    return [name for name, well in zip(peers, alive, strict=True) if well]


@wrong("find_dead", hint="Nobody awaited `ping(…)`")
async def find_dead_forgets_await(peers):
    for websocket in peers.values():
        websocket.ping()
    return []


@wrong("find_dead", hint="Nobody was found, not even Dave")
async def find_dead_drops_its_tasks(peers):
    dead = []

    async def probe(name, websocket):
        try:
            await asyncio.wait_for(await websocket.ping(), 1)
        except (TimeoutError, ConnectionClosed):
            dead.append(name)

    tasks = [asyncio.create_task(probe(name, w)) for name, w in peers.items()]
    return dead if tasks else []


@wrong("find_dead", hint="`None` stands for each of the living")
async def find_dead_keeps_the_nones(peers):
    async def probe(name, websocket):
        try:
            await asyncio.wait_for(await websocket.ping(), 1)
        except (TimeoutError, ConnectionClosed):
            return name

    return await asyncio.gather(*[probe(name, w) for name, w in peers.items()])


@wrong("find_dead", hint="`gather(*…)`")
async def find_dead_gathers_a_list(peers):
    return await asyncio.gather([asyncio.sleep(0, name) for name in peers])


@wrong("find_dead", hint="`peers.items()` has both")
async def find_dead_pings_names(peers):
    return [name for name in peers if not await name.ping()]


@wrong("find_dead", hint="a deadline around the wait for its pong, a second")
async def find_dead_is_too_patient(peers):
    async def is_dead(websocket):
        try:
            await asyncio.wait_for(await websocket.ping(), 3)
        except (TimeoutError, ConnectionClosed):
            return True
        return False

    dead = await asyncio.gather(*map(is_dead, peers.values()))
    return [name for name, gone in zip(peers, dead, strict=True) if gone]


@wrong("unfrozen", hint="So every client waits for it")
async def unfrozen_calls_it(websocket, slow):
    async for message in websocket:
        await websocket.send(slow(message))


@wrong("unfrozen", hint="So every client waits for it")
async def unfrozen_in_a_task(websocket, slow):
    async def make(message):
        await websocket.send(slow(message))

    async for message in websocket:
        await asyncio.create_task(make(message))


@wrong("unfrozen", hint="So every client waits for it")
async def unfrozen_sleeps_first(websocket, slow):
    async for message in websocket:
        await asyncio.sleep(0)
        await websocket.send(slow(message))


@wrong("unfrozen", hint="returns a text, which nobody can await")
async def unfrozen_awaits_it(websocket, slow):
    async for message in websocket:
        await websocket.send(await slow(message))


@wrong("unfrozen", hint="hand over `slow, message`")
async def unfrozen_calls_before_the_thread(websocket, slow):
    async for message in websocket:
        await websocket.send(await asyncio.to_thread(slow(message)))


@wrong("unfrozen", hint="Is the result of `to_thread` awaited?")
async def unfrozen_forgets_await(websocket, slow):
    async for message in websocket:
        await websocket.send(asyncio.to_thread(slow, message))


@wrong("unfrozen", hint="tasks overtake each other")
async def unfrozen_loses_order(websocket, slow):
    async def make(message):
        await websocket.send(await asyncio.to_thread(slow, message))

    async with asyncio.TaskGroup() as group:
        async for message in websocket:
            group.create_task(make(message))


@wrong("unfrozen", hint="it ends: `async for` continues")
async def unfrozen_once(websocket, slow):
    message = await websocket.recv()
    await websocket.send(await asyncio.to_thread(slow, message))


@wrong("unfrozen", hint="kept this one waiting")
async def unfrozen_one_at_a_time(websocket, slow, turn=asyncio.Lock()):  # noqa: B008
    async for message in websocket:
        async with turn:
            await websocket.send(await asyncio.to_thread(slow, message))


@wrong("unfrozen", hint="kept this one waiting")
async def unfrozen_blocks_on_the_thread(websocket, slow):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor() as pool:
        async for message in websocket:
            await websocket.send(pool.submit(slow, message).result())


@wrong("unfrozen", hint="such as `join()` or `result()`")
async def unfrozen_joins_the_thread(websocket, slow):
    import threading

    async for message in websocket:
        made = []
        thread = threading.Thread(target=lambda m=message, to=made: to.append(slow(m)))
        thread.start()
        thread.join()
        await websocket.send(made[0])


@wrong("unfrozen", hint="its argument as two")
async def unfrozen_hands_over_a_tuple(websocket, slow):
    async for message in websocket:
        await websocket.send(await asyncio.to_thread((slow, message)))


@wrong("unfrozen", hint="Did it get `slow` itself, and the message?")
async def unfrozen_hands_over_no_message(websocket, slow):
    async for message in websocket:
        await websocket.send(await asyncio.to_thread(slow) or message)

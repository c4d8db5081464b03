"""The attackers' process: `python -m tests.soak.attackers SERVER HOST PORT --seconds 20`.

It is a process of its own, so that what its loop does delays nobody who is honest. `python -m
tests.soak` starts it, and reads the one line that it prints in the end.
"""

import argparse
import asyncio
import logging
import os
import random
import sys
import time

from tests.soak import (
    chat_attacks,
    document_attacks,
    files_attacks,
    http_attacks,
    polling_attacks,
    socketio_attacks,
    websocket_attacks,
)
from tests.soak.attack import Attack, Siege, besiege
from tests.soak.line import Door, NotLoopback, Target, allow_files

LINES = 1_600  # connections of all attackers at once
NICE = 5  # the servers and honest clients come first where cores are few

ANY = http_attacks.ATTACKS + websocket_attacks.ATTACKS
JSON = ANY + chat_attacks.ATTACKS
SOCKETIO = ANY + socketio_attacks.ATTACKS + polling_attacks.ATTACKS
ATTACKS: dict[str, list[Attack]] = {
    "echo": ANY + websocket_attacks.ECHO_ATTACKS,
    "handmade": ANY + websocket_attacks.ECHO_ATTACKS,
    "chat": JSON,
    "document": JSON + document_attacks.ATTACKS,
    "files": JSON + files_attacks.ATTACKS,
    "socketio_chat": SOCKETIO,
    "socketio_echo": SOCKETIO,
    "vote": SOCKETIO + socketio_attacks.VOTE_ATTACKS,
    "rooms": SOCKETIO + polling_attacks.ROOMS_ATTACKS,
}


def chosen(server: str, only: list[str], without: list[str]) -> list[Attack]:
    """Return a server's attacks, but for those that somebody has left out."""
    attacks = [attack for attack in ATTACKS[server] if attack.name not in without]
    return [attack for attack in attacks if attack.name in only] if only else attacks


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    flags = argparse.ArgumentParser(description="Attack a server on this machine.")
    flags.add_argument("server", choices=sorted(ATTACKS))
    flags.add_argument("host")
    flags.add_argument("port", type=int)
    flags.add_argument("--seconds", type=float, default=20)
    flags.add_argument("--seed", type=int, default=1)
    flags.add_argument("--only", nargs="*", default=[])
    flags.add_argument("--without", nargs="*", default=[])
    return flags


def main() -> None:
    """Attack as the command line says, and print what was done."""
    asked = parser().parse_args()
    try:
        target = Target(asked.host, asked.port)
    except NotLoopback as error:
        sys.exit(f"refused: {error}")
    os.nice(NICE)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # it warns of each reset
    door = Door(target, allow_files(LINES))
    ends = time.monotonic() + asked.seconds
    siege = Siege(door, asked.server, random.Random(asked.seed), ends)
    tally = asyncio.run(besiege(siege, chosen(asked.server, asked.only, asked.without)))
    print(tally.to_json())


if __name__ == "__main__":
    main()

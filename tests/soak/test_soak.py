"""The soak works: it attacks nothing but loopback, its attacks arrive, and faults are seen."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pycrdt
import pytest

if sys.platform == "win32":
    pytest.skip("make soak reads limits and open files as POSIX has them", allow_module_level=True)

from tests.servers.socketio_client import python
from tests.soak.__main__ import complaints, line_of, main
from tests.soak.attackers import ATTACKS, chosen
from tests.soak.crowd import DIALECTS, PLAIN, Crowd
from tests.soak.document_attacks import STRING, crowded, nested, sized, struct, update
from tests.soak.ledger import Ledger
from tests.soak.line import NotLoopback, Target
from tests.soak.run import LOG_BYTES, Outcome, Plan, soak

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).resolve().parents[2]
WITHSTOOD = ["frames_broken", "frames_slow", "sockets_reset", "echoes_flooded", "handshakes_reset"]


async def test_honest_clients_are_heard_while_the_echo_is_attacked() -> None:
    outcome = await soak("echo", Plan(seconds=2, honest=5, only=WITHSTOOD))
    ledger = outcome.crowd.ledger
    assert outcome.alive
    assert outcome.attacks["faults"] == {}
    assert set(outcome.attacks["rounds"]) == set(WITHSTOOD)
    assert ledger.heard == ledger.said > 5
    assert ledger.lost == 0
    assert outcome.crowd.joins
    assert 0 < outcome.start_bytes <= outcome.peak_bytes
    assert outcome.end_files <= outcome.start_files + 5


@pytest.mark.parametrize("host", ["10.0.0.1", "128.0.0.1", "0.0.0.0", "::1", "localhost", ""])
def test_no_other_address_is_attacked(host: str) -> None:
    with pytest.raises(NotLoopback, match=r"expected an address in 127\.0\.0\.0/8, got"):
        Target(host, 80)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.255.3.4"])
def test_loopback_addresses_are(host: str) -> None:
    assert str(Target(host, 80)) == f"{host}:80"


def test_the_attackers_say_why_they_refuse() -> None:
    command = [sys.executable, "-m", "tests.soak.attackers", "echo", "192.0.2.1", "80"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert "refused: expected an address in 127.0.0.0/8, got '192.0.2.1'" in ended.stderr


def test_every_server_has_attackers_and_honest_clients() -> None:
    folder = ROOT / "helpers" / "servers"
    programs = {path.parent.name for path in folder.glob("*/__main__.py")}
    programs |= {path.stem for path in folder.glob("*.py") if path.stem != "__init__"}
    assert set(ATTACKS) == set(PLAIN) | set(DIALECTS) == programs


def test_attacks_can_be_chosen_by_name() -> None:
    assert [attack.name for attack in chosen("echo", ["frames_broken"], [])] == ["frames_broken"]
    assert "frames_broken" not in [attack.name for attack in chosen("chat", [], ["frames_broken"])]
    for attacks in ATTACKS.values():
        names = [attack.name for attack in attacks]
        assert len(names) == len(set(names))


def test_an_unknown_server_is_refused() -> None:
    with pytest.raises(SystemExit, match="there is no server 'chatt'"):
        main(["chatt"])


def fine(server: str = "echo") -> Outcome:
    """What a run shows when nothing is wrong."""
    crowd = Crowd(server, "http://127.0.0.1:1/", 0)
    return Outcome(server, crowd, alive=True, attacks={"rounds": {"frames_broken": 3}})


def test_what_is_fine_has_a_line_and_no_complaints() -> None:
    assert complaints(fine(), fine()) == []
    assert line_of(fine(), None, True).split()[0] == "echo"
    assert line_of(fine(), fine(), False).endswith("FAILS")


@pytest.mark.parametrize(
    ("what", "value", "words"),
    [
        ("alive", False, "the server ended"),
        ("log", "Traceback (most recent call last):", "1 tracebacks in the log"),
        ("log_bytes", LOG_BYTES + 1, "the log has 1,000,001 bytes"),
        ("end_files", 100, "100 files are open, 0 at the start"),
        ("peak_bytes", 10**9, "memory grew by 1000 MB"),
        ("attacks", {}, "no attack was made"),
        ("attacks", {"rounds": {"a": 1}, "seen": {"let in": 2}}, "attackers: 2 × let in"),
        ("attacks", {"rounds": {"a": 1}, "faults": {"a": "KeyError"}}, "faults of the attacks"),
    ],
)
def test_what_is_wrong_is_seen(what: str, value: object, words: str) -> None:
    outcome = fine()
    setattr(outcome, what, value)
    (found,) = outcome.complaints()
    assert words in found


def test_a_second_run_that_takes_more_memory_is_seen() -> None:
    first, second = fine(), fine()
    first.peak_bytes, second.peak_bytes = 100_000_000, 111_000_000
    assert complaints(first, second) == ["run 2: the peak of memory was 11% above that of run 1"]


async def test_a_late_message_and_a_lost_one_are_counted() -> None:
    ledger = Ledger()
    ledger.say("one", {1, 2})
    ledger.open["one"].at -= 3.0
    ledger.hear("one", 1)
    ledger.hear("one", 1)
    ledger.hear("two", 1)
    assert (ledger.heard, ledger.late, ledger.lost) == (1, 1, 1)
    assert ledger.worst_s >= 3.0
    assert not ledger.all_heard.is_set()
    ledger.hear("one", 2)
    assert ledger.all_heard.is_set()


def test_the_updates_written_by_hand_are_those_of_yjs() -> None:
    doc: pycrdt.Doc[pycrdt.Text] = pycrdt.Doc()
    text = doc.get("text", type=pycrdt.Text)
    doc.apply_update(update([(5, 0, struct(STRING, sized(b"tea")))]))
    doc.apply_update(crowded(100, 20))
    doc.apply_update(nested(3))
    assert str(text).count("x") == 20
    assert "tea" in str(text)


@pytest.fixture(params=["socketio", "stock-socketio"])
def suite_url(request: pytest.FixtureRequest) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.soak.suite_server", request.param]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, text=True, stdin=pipe, stdout=pipe) as process:
        assert process.stdout
        yield process.stdout.readline().split()[-1]
        process.terminate()


async def test_the_server_for_the_official_suite_answers_as_it_expects(suite_url: str) -> None:
    async with python(suite_url, {"token": "123"}, namespaces=["/"]) as one:
        assert await one.event("auth") == {"token": "123"}
        assert await one.call("message-with-ack", "tea") == "tea"
        await one.client.emit("message", "cake")
        assert await asyncio.wait_for(one.event("message-back"), 10) == "cake"

"""The benchmark itself works, on few clients: what it counts arrives, and its report is whole."""

import sys

import pytest

if sys.platform != "linux":
    pytest.skip("make bench reads with epoll", allow_module_level=True)

from tests.bench import fanout, load, report, storm
from tests.bench.servers import OTHERS, PLAIN, SOCKETIO, Contender, started

pytestmark = pytest.mark.thorough


@pytest.mark.parametrize(
    "contender", [PLAIN[0], PLAIN[-1], SOCKETIO[0], *OTHERS], ids=lambda c: c.name
)
def test_everybody_hears_everything(contender: Contender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fanout, "MEASURE_S", 0.1)
    monkeypatch.setattr(load, "QUIET_S", 0.1)
    monkeypatch.setattr(load, "PEOPLE", 2)
    results = report.Results()
    one = fanout.measure(contender, 4)
    assert one.deliveries_s > 0
    assert 0 < one.p50_ms <= one.p99_ms
    results.fan[contender.name, 4] = [one]
    assert contender.name in report.absolute_tables(results)


def test_the_floor_hears_a_message_that_comes_in_two_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(load, "PATIENCE_S", 20.0)
    flavour = load.Bare()
    with started(next(each for each in PLAIN if "floor" in each.name)) as server:
        crowd = load.Crowd(server.url, flavour.path)
        (client,) = load.gather(crowd, flavour, ["somebody"])
        one, two = (flavour.say(f"{number:012d}", "x" * 100) for number in range(2))
        client.kept = b""
        client.send(one + two[:50])
        crowd.until(lambda: len(flavour.ids(client)) == 1)
        client.send(two[50:])
        crowd.until(lambda: len(flavour.ids(client)) == 2)
        crowd.close()


def test_a_storm_ends_with_exact_totals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storm, "WITHIN_S", 0.1)
    result = storm.measure(storm.CONTENDERS[0], 8)
    assert result.bytes_a_voter > 0


def test_medians_ranges_and_ratios() -> None:
    def told(deliveries: float) -> fanout.Round:
        return fanout.Round(1, deliveries, 1, 1, 1, 0, 50)

    results = report.Results()
    results.fan["chat", 10] = [told(30), told(10), told(20)]
    results.fan["Node ws", 10] = [told(10), told(10), told(10)]
    assert report.spread([30, 10, 20]) == "20.0 (10.0–30.0)"
    found = report.ratios(results, "chat", "Node ws", 10, lambda one: one.deliveries_s)
    assert found == [3, 1, 2]
    assert "2.00 (1.00–3.00)" in report.ratio_table(results)

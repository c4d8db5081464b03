"""Servers live and die with the kernel: killed with it, not by an Interrupt, never twice."""

from __future__ import annotations

import os
import signal
import urllib.request
from collections.abc import Iterator

import psutil
import pytest

from tests.notebooks.kernel import Kernel, kernel

GONE_S = 3  # how long a server may outlive its kernel
NAMES = ("echo", "handmade")

LAUNCH = """
from helpers import launch
handles = {name: launch(name) for name in NAMES}
print(*(handle.pid for handle in handles.values()))
"""


@pytest.fixture
def running() -> Iterator[Kernel]:
    with kernel() as running:
        yield running


def launched(running: Kernel) -> list[psutil.Process]:
    """Launch both servers in the kernel, and take hold of their processes."""
    pids = running.text(LAUNCH.replace("NAMES", repr(NAMES))).split()
    processes = [psutil.Process(int(pid)) for pid in pids]
    assert len(processes) == len(NAMES)
    return processes


def answers(running: Kernel) -> list[int]:
    """Ask each server of the kernel whether it is well."""
    urls = running.text("print(*(handle.page_url for handle in handles.values()))").split()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    statuses = []
    for url in urls:
        with opener.open(url + "healthz", timeout=5) as response:
            statuses.append(response.status)
    return statuses


def test_servers_are_gone_after_the_kernel_is_killed(running: Kernel) -> None:
    servers = launched(running)
    running.process.kill()
    _, alive = psutil.wait_procs(servers, timeout=GONE_S)
    assert alive == []


def test_servers_are_gone_after_the_kernel_is_shut_down(running: Kernel) -> None:
    servers = launched(running)
    running.client.shutdown()
    _, alive = psutil.wait_procs(servers, timeout=GONE_S + 2)
    assert alive == []


def interrupt_as_jupyter_client(running: Kernel) -> None:
    running.manager.interrupt_kernel()


def interrupt_the_group(running: Kernel) -> None:
    os.killpg(os.getpgid(running.pid), signal.SIGINT)


@pytest.mark.parametrize("interrupt", [interrupt_as_jupyter_client, interrupt_the_group])
def test_servers_outlive_an_interrupt(running: Kernel, interrupt: object) -> None:
    if interrupt is interrupt_the_group and not hasattr(os, "killpg"):
        pytest.skip("this platform has no process groups")
    servers = launched(running)
    endless = "print('here'); import time; time.sleep(60)"
    running.client.execute(endless, stop_on_error=False)
    wait_for(running, "stream")
    assert callable(interrupt)
    interrupt(running)
    assert wait_for(running, "error")["ename"] == "KeyboardInterrupt"
    assert answers(running) == [200, 200]
    assert all(server.is_running() for server in servers)


@pytest.mark.thorough
def test_twenty_launches_leave_one_server(running: Kernel) -> None:
    launched(running)
    running.text("for _ in range(20): handles = {'echo': launch('echo')}")
    commands = [" ".join(child.cmdline()) for child in running.process.children(recursive=True)]
    assert sum("helpers.servers.echo" in command for command in commands) == 1
    assert answers(running) == [200]


def wait_for(running: Kernel, kind: str) -> dict[str, str]:
    """Read what the kernel publishes until a message of this kind comes."""
    while True:
        message = running.client.get_iopub_msg(timeout=20)
        if message["msg_type"] == kind:
            content: dict[str, str] = message["content"]
            return content

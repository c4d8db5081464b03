"""A kernel of this environment that runs cells for a test, in the notebooks' folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ipykernel.kernelspec
import nbformat
import psutil
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import KernelManager

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
STARTUP_TIMEOUT_S = 60

Output = dict[str, Any]


class ThisEnvironment(KernelSpecManager):
    """Knows one kernel: the Python that runs the tests, whatever else is installed.

    Attributes:
        wrapper: a command that starts it, such as one that sets a limit first.
    """

    wrapper: tuple[str, ...] = ()

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        spec = ipykernel.kernelspec.get_kernel_dict()
        return KernelSpec(resource_dir="", **spec | {"argv": [*self.wrapper, *spec["argv"]]})


class Kernel:
    """A running kernel: `run` executes a cell, `text` reads what it said.

    Attributes:
        count: the execution count of the last cell.
        log: the file with what its process wrote on stderr past the notebook.
    """

    def __init__(self, manager: KernelManager, client: BlockingKernelClient, log: Path) -> None:
        self.manager, self.client, self.log = manager, client, log
        self.count: int | None = None
        client.wait_for_ready(timeout=STARTUP_TIMEOUT_S)
        self.pid = int(self.text("import os; print(os.getpid())"))

    @property
    def process(self) -> psutil.Process:
        return psutil.Process(self.pid)

    def run(self, source: str, *, timeout_s: float = 60, silent: bool = False) -> list[Output]:
        """Execute a cell.

        Args:
            source: its code.
            timeout_s: when to give up, in seconds.
            silent: leave the execution count as it is.

        Returns:
            Its outputs as a notebook stores them, neighbouring pieces of a stream joined.
        """
        outputs: list[Output] = []

        def collect(message: dict[str, Any]) -> None:
            kind, content = message["msg_type"], message["content"]
            if kind == "execute_input":
                self.count = content["execution_count"]
            elif kind == "stream" and outputs and outputs[-1].get("name") == content["name"]:
                outputs[-1]["text"] += content["text"]
            elif kind in ("stream", "display_data", "execute_result", "error"):
                outputs.append(nbformat.v4.output_from_msg(message))

        reply = self.client.execute_interactive(
            source,
            store_history=not silent,
            allow_stdin=False,
            stop_on_error=False,
            timeout=timeout_s,
            output_hook=collect,
        )
        if reply["content"]["status"] == "aborted":
            raise RuntimeError("the kernel did not run the cell, because one before it failed")
        return outputs

    def text(self, source: str, **options: Any) -> str:
        """Execute a cell that must not fail, and read its plain text, without counting it."""
        outputs = self.run(source, silent=True, **options)
        assert errors(outputs) == [], as_text(outputs)
        return as_text(outputs)


def as_text(outputs: list[Output]) -> str:
    """Join what outputs say in plain text: streams, displays and errors."""
    parts = []
    for output in outputs:
        if output["output_type"] == "stream":
            parts.append(output["text"])
        elif output["output_type"] == "error":
            parts.append(f"{output['ename']}: {output['evalue']}\n")
        else:
            parts.append(output["data"].get("text/plain", "") + "\n")
    return "".join(parts)


def errors(outputs: list[Output]) -> list[str]:
    """List the exceptions among outputs."""
    found = [output for output in outputs if output["output_type"] == "error"]
    return [f"{output['ename']}: {output['evalue']}" for output in found]


@contextmanager
def kernel(
    folder: Path = NOTEBOOKS,
    wrapper: tuple[str, ...] = (),
    environment: Mapping[str, str] | None = None,
) -> Iterator[Kernel]:
    """Start a kernel as JupyterLab does, with a progress file and programs of its own.

    Args:
        folder: where it runs.
        wrapper: a command that starts it, such as one that sets a limit first.
        environment: variables for it, besides those of the tests.
    """
    specs = ThisEnvironment()
    specs.wrapper = wrapper
    manager = KernelManager(kernel_name="python3", kernel_spec_manager=specs)
    with tempfile.TemporaryDirectory() as own, open(Path(own) / "log", "wb") as log:
        variables = os.environ | {
            "HELPERS_PROGRESS": str(Path(own) / "progress.json"),
            "HELPERS_MINE": str(Path(own) / "mine"),
            "PYTHONWARNINGS": "default::ResourceWarning",  # what is dropped open is said
            **(environment or {}),
        }
        manager.start_kernel(cwd=str(folder), env=variables, stderr=log)
        client = manager.client()
        client.start_channels()
        try:
            yield Kernel(manager, client, Path(log.name))
        finally:
            client.stop_channels()
            # Where coverage is measured, a kernel must live to write down what ran in it.
            manager.shutdown_kernel(now="COVERAGE_RUN" not in os.environ)
            manager.cleanup_resources()

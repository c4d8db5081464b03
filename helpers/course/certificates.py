"""Which certificates npm trusts: those of the machine, and those that pip was told to trust.

Where a company or a virus scanner inspects TLS, every connection is signed with a certificate of
its own, which the machine knows. pip asks the machine; Node does it only when it is told to.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

__all__ = ["node_environment"]

#: Where pip, and the libraries in it, are told of a file of certificates.
VARIABLES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


def node_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment for Node, in which it trusts what pip trusts.

    Args:
        environment: the present one; what it already tells Node stays.
    """
    told = {"NODE_USE_SYSTEM_CA": "1"}
    named = next((environment[name] for name in VARIABLES if environment.get(name)), "")
    file = named or pip_setting("cert")
    if file and Path(file).is_file():
        told["NODE_EXTRA_CA_CERTS"] = file
    return told | dict(environment)


def pip_setting(name: str) -> str:
    """Read a setting from pip's files; empty if it is not there."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "config", "list"]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = [line.partition("=") for line in done.stdout.splitlines()]
    values = [value.strip("'\"") for key, _, value in found if key.rpartition(".")[2] == name]
    return values[-1] if values else ""

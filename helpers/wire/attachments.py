"""Bytes inside JSON: taken out as attachments, and put back where their placeholders are.

["pic", b"GIF8"]    ↔    ["pic", {"_placeholder": true, "num": 0}]  and  b"GIF8"
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from helpers.wire.wording import size_text


def _is_placeholder(value: Any) -> bool:
    return isinstance(value, dict) and value.get("_placeholder") is True


def find_placeholders(data: Any) -> list[dict[str, Any]]:
    """Return every placeholder in data from JSON.

    Source: Socket.IO protocol 5.
    """
    if _is_placeholder(data):
        return [data]
    inside: Sequence[Any] = ()
    if isinstance(data, dict):
        inside = list(data.values())
    elif isinstance(data, list):
        inside = data
    return [found for value in inside for found in find_placeholders(value)]


def fill_placeholders(data: Any, attachments: list[bytes]) -> Any:
    """Return the data with each placeholder replaced by its attachment.

    Args:
        data: from JSON; every placeholder names one of the attachments.
        attachments: in order.

    Source: Socket.IO protocol 5.
    """
    if _is_placeholder(data):
        return attachments[data["num"]]
    if isinstance(data, dict):
        return {name: fill_placeholders(value, attachments) for name, value in data.items()}
    return (
        [fill_placeholders(value, attachments) for value in data]
        if isinstance(data, list)
        else data
    )


def extract_attachments(data: Any, attachments: list[bytes]) -> Any:
    """Return the data with a placeholder in place of each `bytes`.

    Args:
        data: what JSON can hold, and bytes.
        attachments: each `bytes` is appended to it.

    Source: Socket.IO protocol 5.
    """
    if isinstance(data, bytes):
        attachments.append(data)
        return {"_placeholder": True, "num": len(attachments) - 1}
    if isinstance(data, dict):
        return {name: extract_attachments(value, attachments) for name, value in data.items()}
    return (
        [extract_attachments(value, attachments) for value in data]
        if isinstance(data, list)
        else data
    )


def format_value(value: Any) -> str:
    """Return a value as JSON, with bytes as their size."""
    if isinstance(value, bytes):
        return f"<{size_text(len(value))}>"
    if isinstance(value, dict):
        inside = (f"{json.dumps(name)}: {format_value(part)}" for name, part in value.items())
        return "{" + ", ".join(inside) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(format_value(part) for part in value) + "]"
    return json.dumps(value, ensure_ascii=False)

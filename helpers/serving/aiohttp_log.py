"""The log of aiohttp: what a client did wrong in HTTP is one line, without a traceback.

aiohttp logs a traceback for each request that its parser refuses, 2 kB of it for 20 bytes, and for
each client that leaves before the answer to its handshake.
"""

import logging

from aiohttp.http_exceptions import HttpProcessingError

from helpers.serving import schema


class OneLine(logging.Filter):
    """Shortens the record of a malformed request, and of a client that has left."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten a record; one about anything else stays as it is."""
        error = record.exc_info and record.exc_info[1]
        if isinstance(error, HttpProcessingError):
            record.msg = "a client sent a malformed request: %s"
            record.args = (schema.brief(error.message),)
            record.exc_info = None
        elif isinstance(error, ConnectionError):
            record.msg, record.args = "a client left before the answer to its request", ()
            record.exc_info = None
        return True


_one_line = OneLine()  # one object, which is added to a logger only once


def shorten() -> None:
    """Shorten the log of every aiohttp server in this process."""
    logging.getLogger("aiohttp.server").addFilter(_one_line)

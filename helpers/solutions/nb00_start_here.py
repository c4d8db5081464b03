"""The solution of notebook 00."""


def shout(message: str) -> str:
    """Return the message in capitals, followed by one exclamation mark."""
    return message.upper() + "!"

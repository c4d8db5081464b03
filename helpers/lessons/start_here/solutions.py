"""The solution of the lesson start_here."""


def shout(message: str) -> str:
    """Return the message in capitals, followed by one exclamation mark."""
    return message.upper() + "!"

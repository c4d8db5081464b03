"""What stands in for the learner's function until its check says correct."""


def shout(message: str) -> str:
    """Return the message as it is, so that the difference is heard."""
    return message

"""Wrong answers to the exercise of notebook 00, as learners give them."""

from tests.notebooks.wrong import wrong


@wrong("shout", hint="What is still missing behind them?")
def no_mark(message):
    return message.upper()


@wrong("shout", hint="The letters are not capital yet.")
def not_louder(message):
    return message + "!"


@wrong("shout", hint="is a `return` missing?")
def printed_only(message):
    print(message.upper() + "!")


@wrong("shout", hint="changes the first letter only")
def one_capital(message):
    return message.capitalize() + "!"


@wrong("shout", hint="Use what `message` holds")
def only_this_message(message):
    loud = "HELLO"
    return loud + "!"


@wrong("shout", hint="not before it")
def mark_first(message):
    return "!" + message.upper()


@wrong("shout", hint="has no attribute 'uper'")
def misspelled(message):
    return message.uper() + "!"

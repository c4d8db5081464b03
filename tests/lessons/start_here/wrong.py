"""Wrong answers to the exercise of the lesson start_here, as learners give them."""

from tests.lessons.wrong import wrong


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


@wrong("shout", hint="With brackets, `upper()`, it runs")
def method_not_called(message):
    return f"{message.upper}!"


@wrong("shout", hint="without quotes it stands for its value")
def name_in_quotes(message):
    return "message".upper() + "!"


@wrong("shout", hint="there are two")
def two_marks(message):
    return message.upper() + "!!"


@wrong("shout", hint="makes capitals small, too")
def swapped(message):
    return message.swapcase() + "!"


@wrong("shout", hint="keeps its own `?`")
def took_the_mark_away(message):
    return message.rstrip("?").upper() + "!"


@wrong("shout", hint="No words at all are a message, too")
def left_the_empty_one(message):
    return message.upper() + "!" if message else ""


@wrong("shout", hint="A value is None there")
def used_what_print_returns(message):
    return print(message).upper() + "!"

"""What the lesson asks to try with its pages, and what is seen then."""

from playwright.sync_api import Frame, expect

from tests.browser.by_hand import Learner, Try

PROGRAM, FINISHED = "27i00003", "27i00007"


def choose(page: Frame, name: str, size: int) -> None:
    """Choose a file of so many bytes."""
    file = {"name": name, "mimeType": "application/octet-stream", "buffer": bytes(size)}
    page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]


def choose_a_file(learner: Learner) -> None:
    """Choose a file: the learner's depot stores it."""
    (page,) = learner.pages(PROGRAM)
    choose(page, "holiday.bin", 200_000)
    expect(page.locator("body")).to_contain_text("holiday.bin")
    expect(page.locator("body")).to_contain_text("stored")


def send_through_a_restart(learner: Learner) -> None:
    """Send a file from Alice to Bob, and another one while the server dies and comes back."""
    alice, bob = learner.pages(FINISHED)
    choose(alice, "picture.bin", 100_000)
    expect(bob.locator("body")).to_contain_text("picture.bin")
    new = learner.add_below("Try it.", last=True)
    learner.cell(FINISHED)
    choose(alice, "film.bin", 30_000_000)
    for command in ("files.kill()", "files.restart()"):
        learner.write(new, command)
        learner.run(new)
    learner.cell(FINISHED)
    expect(bob.locator("body")).to_contain_text("film.bin", timeout=90_000)


TRIES: dict[str, Try] = {
    "Choose a file": choose_a_file,
    "Drop a file on Alice": send_through_a_restart,
}

"""What the lesson asks to try with its pages, and what is seen then."""

from playwright.sync_api import Frame, Locator, expect

from tests.browser.by_hand import Learner, Try

WHOLE, ROOM, PROGRAM, FINISHED = "24a9start", "24g4room", "24h1save", "95dcac0a"
SLOW_MS = 40_000  # a letter takes ten seconds to Bob and back


def area(page: Frame) -> Locator:
    return page.get_by_label("The shared text")


def shows(page: Frame, text: str) -> None:
    expect(area(page)).to_have_value(text, timeout=SLOW_MS)


def open_pages(learner: Learner, cell: str) -> list[Frame]:
    """Scroll to the pages, and wait until everybody has logged in."""
    pages = learner.pages(cell)
    for page in pages:
        expect(area(page)).to_be_visible()
        expect(area(page)).to_be_enabled()
    return pages


def take_turns(learner: Learner) -> None:
    """Write as Alice, and go on as Bob."""
    alice, bob = open_pages(learner, WHOLE)
    area(alice).press_sequentially("Dear all")
    shows(bob, "Dear all")
    area(bob).press("End")
    area(bob).press_sequentially(", hi")
    shows(alice, "Dear all, hi")
    for page in (alice, bob):
        for name in ("Alice", "Bob"):
            expect(page.get_by_label("Who is online")).to_contain_text(name)
        expect(page.get_by_label("Activity")).to_contain_text("Bob wrote")


def type_at_once(learner: Learner) -> None:
    """Type in both at once, over a slow wire: one letter is left."""
    alice, bob = open_pages(learner, WHOLE)
    area(alice).fill("")
    shows(bob, "")
    area(alice).press_sequentially("one")
    area(bob).press_sequentially("two")
    for page in (alice, bob):
        shows(page, "t")


def cross(learner: Learner) -> None:
    """Let two inserts cross, and then a delete and an insert."""
    alice, bob = open_pages(learner, ROOM)
    for page in (alice, bob):
        shows(page, "cat")
    area(alice).press("Home")
    area(alice).press_sequentially("big ")
    area(bob).press("End")
    area(bob).press_sequentially("s")
    for page in (alice, bob):
        shows(page, "big cats")
    area(bob).press("End")
    area(bob).press("Backspace")
    area(alice).press("Home")
    area(alice).press_sequentially("very ")
    for page in (alice, bob):
        shows(page, "very big cat")


def log_in(learner: Learner) -> None:
    """Log in to the program, once as oneself, and once in a tab that sends whole texts."""
    (page,) = learner.pages(PROGRAM)
    page.get_by_label("Your name").fill("Nora")
    page.get_by_role("button", name="Log in").click()
    expect(area(page)).to_be_enabled()
    area(page).press_sequentially("a line")
    tab = learner.page.context.new_page()
    tab.goto(page.url.partition("#")[0] + "?whole")
    tab.get_by_label("Your name").fill("Omar")
    tab.get_by_role("button", name="Log in").click()
    expect(tab.get_by_label("The shared text")).to_have_value("a line")
    tab.get_by_label("The shared text").press("End")
    tab.get_by_label("The shared text").press_sequentially("!")
    shows(page, "a line!")
    tab.close()


def undo(learner: Learner) -> None:
    """Undo what Alice wrote in the finished page: what Bob wrote stays."""
    alice, bob = open_pages(learner, FINISHED)
    area(alice).press_sequentially("from Alice ")
    shows(bob, "from Alice ")
    area(bob).press("End")
    area(bob).press_sequentially("from Bob")
    shows(alice, "from Alice from Bob")
    area(alice).press("ControlOrMeta+z")
    for page in (alice, bob):
        shows(page, "from Bob")
    alice.get_by_role("button", name="Activity").click()
    expect(alice.get_by_role("complementary", name="Activity")).to_contain_text("Bob")


TRIES: dict[str, Try] = {
    "Write something as Alice": take_turns,
    "Scroll up to the two pages": type_at_once,
    "On the two pages above": cross,
    "Log in with a name": log_in,
    "Write in both pages": undo,
}

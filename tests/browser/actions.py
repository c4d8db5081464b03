"""What the browser tests do on pages, and wait for: say, connect, show side by side, read."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from playwright.sync_api import Frame, Page, expect

NAMES = ("Alice", "Bob")
SCRIPT = "<img src=x onerror=\"document.title='attacked'\"><script>alert(1)</script>"
#: WCAG 2 contrast of each visible text against what is behind it; answers the worst ratio.
WORST_CONTRAST = """() => {
  const rgb = (css) => (css.match(/[\\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
  const light = (c) => c.slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const c = rgb(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] === 1) return c;
    }
    return [255, 255, 255];
  };
  const seen = [...document.querySelectorAll('body *')].filter(e => e.checkVisibility()
    && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())
    && e.getBoundingClientRect().width > 2 && rgb(getComputedStyle(e).color)[3] !== 0);
  return Math.min(...seen.map(e => {
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  }));
}"""


def say(page: Page, text: str) -> None:
    """Type a message and send it, with the keyboard alone."""
    page.get_by_label("Message", exact=True).focus()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def status_is(page: Page | Frame, status: str) -> None:
    """Wait until the page shows this status; a page may take a few tries to reconnect."""
    expect(page.locator(".pill")).to_have_text(status, timeout=20_000)


def is_connected(page: Page) -> None:
    status_is(page, "connected")


def chat_say(page: Page | Frame, text: str) -> None:
    """Say something in the chat, with the keyboard alone."""
    field = page.get_by_label("Message to everybody")
    field.fill(text)
    field.press("Enter")


def assert_readable(page: Page) -> None:
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{wide} px are cut off at the right"
    contrast = page.evaluate(WORST_CONTRAST)
    assert contrast >= 4.5, f"the palest text has a contrast of {contrast:.2f}"


@contextmanager
def side_by_side(page: Page, url: str) -> Iterator[None]:
    """Show a page of Alice's and one of Bob's in frames of one tab, as a notebook does."""
    frames = [f'<iframe title={name} src="{url}?name={name}"></iframe>' for name in NAMES]

    class Host(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write("".join(frames).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Host) as host:
        threading.Thread(target=host.serve_forever).start()
        try:
            page.goto(f"http://127.0.0.1:{host.server_port}/")
            yield
        finally:
            page.goto("about:blank")
            host.shutdown()

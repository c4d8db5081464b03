"""Every stored notebook as HTML, in a browser: nothing in it calls a machine by itself.

JupyterLab's "Save and Export" makes the same HTML with nbconvert. An address in a stored output
would make a reader's browser ask the reader's own machine for it, or one that has nothing to do
with the notebook. What nbconvert itself puts into each export, libraries from a CDN, is named by
its own settings; this test lets them pass by name, and answers no request.
"""

from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import BrowserContext, Route

from tests.browser.jupyterlab import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
WITHOUT_NETWORK = ("file:", "data:", "blob:", "about:")
#: From top to bottom, so that what waits until it is seen is asked for, too.
SCROLL = """async () => {
  for (let top = 0; top < document.body.scrollHeight; top += innerHeight) {
    scrollTo(0, top);
    await new Promise(requestAnimationFrame);
  }
}"""
CALLS = {
    "a frame": ('<iframe src="http://127.0.0.1:49152/"></iframe>', "http://127.0.0.1:49152/"),
    "a picture": ('<img src="http://localhost:49152/a.png">', "http://localhost:49152/a.png"),
    "a style": ("<p style='background:url(http://[::1]:9/b)'>b</p>", "http://[::1]:9/b"),
    "a script": ('<script>fetch("http://127.0.0.2:9/c")</script>', "http://127.0.0.2:9/c"),
    "a socket": ('<script>new WebSocket("ws://127.0.0.1:9/")</script>', "ws://127.0.0.1:9/"),
    "another machine": ('<img src="https://example.org/d.png">', "https://example.org/d.png"),
    "a picture far below": (
        '<p style="height:9000px"></p><img loading="lazy" src="http://127.0.0.1:9/e.png">',
        "http://127.0.0.1:9/e.png",
    ),
}


def export(notebook: nbformat.NotebookNode, folder: Path) -> tuple[Path, set[str]]:
    """Write a notebook as HTML; return where, and the libraries that nbconvert asks for."""
    exporter = HTMLExporter()
    html, _ = exporter.from_notebook_node(notebook)
    path = folder / "export.html"
    path.write_text(html, encoding="utf-8")
    libraries = {
        exporter.require_js_url,
        exporter.jquery_url,
        exporter.mathjax_url,
        exporter.mermaid_js_url,
    }
    return path, {url.partition("?")[0] for url in libraries}


def with_output(html: str) -> nbformat.NotebookNode:
    """Return a notebook with one cell, whose output is HTML."""
    output = nbformat.v4.new_output("display_data", {"text/html": html})
    cell = nbformat.v4.new_code_cell("page(server)", outputs=[output], execution_count=1)
    return nbformat.v4.new_notebook(cells=[cell])


def calls(context: BrowserContext, path: Path, libraries: set[str]) -> tuple[list[str], list[str]]:
    """Open an export; return the addresses that it calls, and the pictures that are not seen."""
    called: list[str] = []

    def refuse(route: Route) -> None:
        if route.request.url.startswith(WITHOUT_NETWORK):
            route.continue_()
        else:
            route.abort()

    tab = context.new_page()
    tab.route("**/*", refuse)
    tab.on("request", lambda request: called.append(request.url))
    tab.on("websocket", lambda socket: called.append(socket.url))
    tab.goto(path.as_uri())
    tab.evaluate(SCROLL)
    tab.wait_for_load_state("networkidle")
    unseen = tab.evaluate(
        """() => [...document.querySelectorAll("[data-helpers-page] img")]
          .filter((image) => !image.naturalWidth).map((image) => image.alt)"""
    )
    tab.close()
    foreign = [url for url in called if not url.startswith(WITHOUT_NETWORK)]
    return [url for url in foreign if url.partition("?")[0] not in libraries], unseen


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_stored_notebook_calls_nobody(
    context: BrowserContext, tmp_path: Path, notebook: Path
) -> None:
    stored = nbformat.read(notebook, as_version=4)
    path, libraries = export(stored, tmp_path)
    assert libraries
    called, unseen = calls(context, path, libraries)
    assert called == []
    assert unseen == []


@pytest.mark.parametrize(("html", "address"), CALLS.values(), ids=CALLS)
def test_an_output_that_calls_is_seen(
    context: BrowserContext, tmp_path: Path, html: str, address: str
) -> None:
    path, libraries = export(with_output(html), tmp_path)
    called, _ = calls(context, path, libraries)
    assert address in called


def test_a_picture_that_is_not_seen_is_named(context: BrowserContext, tmp_path: Path) -> None:
    html = '<div data-helpers-page><img alt="Alice" src="data:image/webp;base64,AAAA"></div>'
    path, libraries = export(with_output(html), tmp_path)
    assert calls(context, path, libraries) == ([], ["Alice"])

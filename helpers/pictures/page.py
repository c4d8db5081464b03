"""Pages of helper servers inside a notebook: one, or two side by side, with a link below each.

The address depends on where the browser is. It is `http://127.0.0.1:PORT/` if the browser is on
the kernel's machine, and otherwise `BASE/proxy/PORT/`, through jupyter-server-proxy. On a hub the
environment says so; elsewhere only the browser can tell, so a small script in the output decides:

1. It takes the proxy if the browser's own address is not a loopback address, or if the browser
   cannot reach the server, as through an ssh tunnel.
2. A direct address has the name under which JupyterLab is open, `localhost` or `127.0.0.1`. To a
   browser these are two sites, whose storage and cookies are parted: a link beside the frame
   would lead to a page that knows nothing of a vote, or is signed out. A link in a text, such as
   one that a cell prints, gets the name when it is clicked.
3. Outside JupyterLab, as on GitHub, in print or in an export, there is no server: a picture of
   the page is shown, which is in the output itself, so that nothing is asked for.
4. If nothing answers, as when a notebook is opened again, a sentence takes the frame's place; the
   next `page()` asks again.
4. Frames take JupyterLab's theme. A Mermaid diagram that was drawn in the other theme gets that
   theme's background, since JupyterLab does not draw it again.
"""

import base64
import html
import os
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from helpers.launcher import running
from helpers.pictures.paint import Picture

__all__ = ["page"]

PICTURES = Path(__file__).parent / "pages"  # of pages, by the server's name; `make screenshots`
LOOPBACK = ("127.0.0.1", "localhost", "::1")

# In the output, this sets each frame's address once; afterwards it only follows JupyterLab's
# theme, in the fragment. It has no comments of its own: every stored output repeats it.
SCRIPT = (Path(__file__).parent / "frame.js").read_text("utf-8")


def page(
    first: object,
    second: object = None,
    *,
    captions: tuple[str, ...] | str | None = None,
    path: tuple[str, ...] | str = "/",
    height: int = 360,
) -> Picture:
    """Show the page of a server in the notebook, or two pages side by side.

    Args:
        first: a server from `launch()`, a tap, or an address such as
            `"http://127.0.0.1:8765/"`.
        second: the same, for a page to the right of the first one.
        captions: a line above each page; by default the names of the servers.
        path: path and query of the page, such as `("?name=Alice", "?name=Bob")`: one for all
            pages, or one for each.
        height: the height of each frame, in pixels.

    Returns:
        A picture; as the last line of a cell it is shown. Its text twin is the addresses.

    Raises:
        LaunchError: a server is stopped.
        TypeError: something has no page.
        ValueError: there is not one caption, or path, for each page.

    First used: start_here
    """
    targets = [first] if second is None else [first, second]
    given = (captions,) if isinstance(captions, str) else captions
    paths = (path,) * len(targets) if isinstance(path, str) else path
    for what, values in (("captions", given), ("paths", paths)):
        if values is not None and len(values) != len(targets):
            raise ValueError(
                f"expected {len(targets)} {what}, one for each page, got {len(values)}"
            )
    names = list(given or map(name_of, targets))
    addresses = [address(target, where) for target, where in zip(targets, paths, strict=True)]
    figures = "".join(
        figure(name, url, probe_url(target), height, picture_of(target))
        for name, url, target in zip(names, addresses, targets, strict=True)
    )
    return Picture(
        f'<div style="display:flex;flex-wrap:wrap;gap:1rem;padding:4px">{figures}</div>'
        f"<script>\n{SCRIPT}</script>",
        "\n".join(f"{name}: {url}" for name, url in zip(names, addresses, strict=True)),
    )


def address(target: object, path: str = "/") -> str:
    """Return the address of a page: direct, or through the hub's proxy on a hub.

    Args:
        target: anything that `page()` takes.
        path: path and query of the page.

    Raises:
        LaunchError: the server is stopped.
        TypeError: there is no page.
    """
    check_running = getattr(target, "check_running", None)
    if check_running is not None:
        check_running()
    url = target if isinstance(target, str) else getattr(target, "page_url", None)
    if not isinstance(url, str) or urlsplit(url).scheme not in ("http", "https"):
        raise TypeError(
            "expected a server from launch(), a tap, or an address that starts with http://, "
            f"got {target!r}"
        )
    if path != "/":
        url = urljoin(url if urlsplit(url).path else f"{url}/", path.lstrip("/"))
    parts = urlsplit(url)
    hub = os.environ.get("JUPYTERHUB_SERVICE_PREFIX")
    if hub and parts.hostname in LOOPBACK and parts.port:
        return f"{hub.rstrip('/')}/proxy/{parts.port}{url.partition(parts.netloc)[2] or '/'}"
    return url


def probe_url(target: object) -> str | None:
    """Return an address that the browser may fetch to find out whether it reaches this machine.

    It is never that of a tap or of a learner's own server, which would record the request; a
    server that was launched answers it instead.
    """
    launched = list(running())
    if not launched:
        return None
    own = [server for server in launched if server is target]
    return f"{(own or launched)[0].page_url}healthz"


def name_of(target: object) -> str:
    """Return the default caption of a page: the name of its server."""
    return str(getattr(target, "name", "") or "page")


def picture_of(target: object) -> str:
    """Return the picture of a page as a data URL; empty for a page that has none.

    Args:
        target: anything that `page()` takes; a server is found by its name.
    """
    name = getattr(target, "picture", None) or getattr(target, "name", None) or ""
    path = PICTURES / f"{str(name).removeprefix('tap of ')}.webp"
    if "/" in path.stem or not path.is_file():
        return ""
    return f"data:image/webp;base64,{base64.b64encode(path.read_bytes()).decode()}"


def figure(caption: str, url: str, probe: str | None, height: int, picture: str = "") -> str:
    """Return one page as HTML: caption, picture, and a link that opens it in a new tab.

    In JupyterLab the script puts a frame with the page itself in the picture's place.
    """
    caption, url = html.escape(caption), html.escape(url)
    asked = f' data-helpers-probe="{html.escape(probe)}"' if probe else ""
    shown = (
        f'<img alt="{caption}: a page, as it looks in JupyterLab" src="{picture}" '
        'style="max-width:100%;border-radius:8px;border:1px solid #bbb">'
        if picture
        else "<em>In JupyterLab, the page itself is here.</em>"
    )
    return (
        '<figure style="flex:1 1 15rem;min-width:0;margin:0">'
        f'<figcaption style="margin:0 0 4px"><strong>{caption}</strong></figcaption>'
        f'<div title="{caption}" data-helpers-page="{url}"{asked} '
        f'data-helpers-height="{height}">{shown}</div>'
        f'<p style="margin:4px 0 0"><a href="{url}" target="_blank" rel="noopener">{url}</a> '
        "(opens in a new tab)</p></figure>"
    )

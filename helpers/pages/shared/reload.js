// A page whose server went away while the page was loading reloads once the server is back.
// It is first in the head, and not a module: it must be there before any file that may get lost.
{
  const TRIES = 120;
  const PAUSE_MS = 500;
  const MOST = 3; // reloads in a row that did not help: then something else is wrong
  let lost = false;

  addEventListener("error", ({ target }) => {
    if (lost || !(target instanceof Element) || !target.matches("script, link[rel=stylesheet]")) return;
    lost = true;
    const reloads = history.state?.reloads ?? 0; // a reload keeps it; stores may be blocked
    if (reloads < MOST) reloadWhenBack(reloads + 1);
  }, true); // such an event does not bubble

  addEventListener("load", () => {
    if (!lost) remember(0);
  });

  async function reloadWhenBack(reloads) {
    for (let tries = 0; tries < TRIES; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      const back = await fetch(location.href, { cache: "no-store" }).then(({ ok }) => ok, () => false);
      if (!back) continue;
      remember(reloads);
      location.reload();
      return;
    }
  }

  function remember(reloads) {
    if ((history.state?.reloads ?? 0) !== reloads) history.replaceState({ ...history.state, reloads }, "");
  }
}

// A page whose server went away while the page was loading reloads once the server is back.
// It is first in the head, and not a module: it must be there before any file that may get lost.
//
// It asks less and less often, not at all while the page is hidden, and at once when the page is
// shown, when the network is back, or when somebody presses the button.
{
  const FIRST_DELAY_MS = 500;
  const LONGEST_DELAY_MS = 30_000;
  const DEADLINE_MS = 10_000; // for an answer
  const MOST = 3; // reloads in a row that did not help: then something else is wrong
  let lost = false;
  let hurry = () => {}; // ends the pause

  addEventListener("error", ({ target }) => {
    if (lost || !(target instanceof Element) || !target.matches("script, link[rel=stylesheet]")) return;
    lost = true;
    const reloads = history.state?.reloads ?? 0; // a reload keeps it; stores may be blocked
    if (reloads < MOST) reloadWhenBack(reloads + 1);
    else whenParsed(() => showNote("A part of this page is missing.", () => reload(0)));
  }, true); // such an event does not bubble

  addEventListener("load", () => {
    if (!lost) remember(0);
  });

  async function reloadWhenBack(reloads) {
    whenParsed(() => showNote("A part of this page has not arrived. It is fetched again.", () => hurry()));
    addEventListener("online", () => hurry());
    for (let attempt = 0; ; attempt += 1) {
      await pause(Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt) * (0.5 + Math.random() / 2));
      if (await isServerBack()) break;
    }
    reload(reloads);
  }

  /** Wait for a while, or until somebody cannot wait; a page that is hidden waits until it is shown. */
  function pause(ms) {
    return new Promise((resolve) => {
      let timer = 0;
      const look = () => {
        if (document.hidden) clearTimeout(timer);
        else hurry();
      };
      hurry = () => {
        clearTimeout(timer);
        document.removeEventListener("visibilitychange", look);
        resolve();
      };
      document.addEventListener("visibilitychange", look);
      if (!document.hidden) timer = setTimeout(hurry, ms);
    });
  }

  function isServerBack() {
    const options = { cache: "no-store", signal: AbortSignal.timeout(DEADLINE_MS) };
    return fetch(location.href, options).then(({ ok }) => ok, () => false);
  }

  function reload(reloads) {
    remember(reloads);
    location.reload();
  }

  function remember(reloads) {
    if ((history.state?.reloads ?? 0) !== reloads) history.replaceState({ ...history.state, reloads }, "");
  }

  function whenParsed(act) {
    if (document.readyState === "loading") addEventListener("DOMContentLoaded", act);
    else act();
  }

  /** Say on the page what is wrong, with a button; the page's style may be what is missing. */
  function showNote(words, onPress) {
    const note = document.createElement("p");
    const button = document.createElement("button");
    note.setAttribute("role", "status");
    note.style.cssText = "position: fixed; inset: auto 0 0; margin: 0; padding: 0.75rem; background: canvas; color: canvastext; border-top: 1px solid; font-family: system-ui, sans-serif; color-scheme: light dark";
    button.textContent = "Try now";
    button.type = "button";
    button.addEventListener("click", onPress);
    note.append(`${words} `, button);
    document.body.append(note);
  }
}

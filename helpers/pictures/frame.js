(() => {
  const config = document.getElementById("jupyter-config-data");
  if (!config) return;
  const base = JSON.parse(config.textContent).baseUrl || "/";
  const local = /^(localhost|127(\.\d+){3}|\[::1\])$/;
  const name = location.hostname;
  const here = local.test(name);
  const proxied = (url) => url.replace(/^http:\/\/[^/]*:(\d+)/, `${base}proxy/$1`);
  const named = (url) =>
    here && name[0] !== "[" ? url.replace(/^(http:\/\/)(localhost|127[.\d]+):/, `$1${name}:`) : url;
  const themes = { true: "#light", false: "#dark" };
  const theme = () => themes[document.body.dataset.jpThemeLight] ?? "";
  const answers = (url, mode) =>
    fetch(url, { mode, cache: "no-store" }).then((answer) => Boolean(mode) || answer.ok, () => false);
  const decide = async (url, probe) => {
    if (here && !probe && !url.startsWith("/")) return "direct";
    if (!probe) return url.startsWith("/") ? "direct" : "proxy";
    if (here && !url.startsWith("/") && (await answers(named(probe), "no-cors"))) return "direct";
    if (!(await answers(proxied(probe)))) return "gone";
    return url.startsWith("/") ? "direct" : "proxy";
  };
  const say = (frame, words) => {
    const note = document.createElement("p");
    note.setAttribute("role", "status");
    note.dataset.helpersGone = "";
    note.textContent = words;
    note.style.cssText = "border:1px solid;border-radius:8px;padding:1rem;margin:0;opacity:.8";
    frame.before(note);
  };
  const show = (frame, route) => {
    const to = route === "proxy" ? proxied(frame.dataset.helpersPage) : named(frame.dataset.helpersPage);
    const link = frame.parentElement.querySelector("a");
    frame.parentElement.querySelector("[data-helpers-gone]")?.remove();
    frame.style.display = route === "gone" ? "none" : "block";
    link.parentElement.hidden = route === "gone";
    if (route === "gone") {
      delete frame.dataset.helpersAsked;
      say(frame, "the server has stopped: run the cell again");
      return;
    }
    link.href = to;
    link.textContent = link.href;
    frame.src = to + theme();
  };
  for (const place of document.querySelectorAll("div[data-helpers-page]")) {
    const frame = document.createElement("iframe");
    Object.assign(frame.dataset, place.dataset);
    frame.title = place.title;
    frame.height = place.dataset.helpersHeight;
    frame.style.cssText =
      "display:block;box-sizing:border-box;width:100%;border-radius:8px;" +
      "border:1px solid var(--jp-border-color1,#bbb)";
    place.replaceWith(frame);
  }
  const frames = "iframe[data-helpers-page]";
  for (const frame of document.querySelectorAll(`${frames}:not([src]):not([data-helpers-asked])`)) {
    const { helpersPage: url, helpersProbe: probe } = frame.dataset;
    frame.dataset.helpersAsked = "";
    decide(url, probe).then((route) => show(frame, route));
  }
  const repaint = (before) => {
    const now = document.body.dataset.jpThemeLight;
    for (const { dataset, style } of document.querySelectorAll(".jp-RenderedMermaid img")) {
      dataset.helpersDrawn ??= before;
      const colour = { true: "#fff", false: "#111" }[dataset.helpersDrawn];
      style.background = dataset.helpersDrawn === now ? "" : colour;
    }
  };
  window.helpersTheme ??= new MutationObserver(([{ oldValue }]) => {
    repaint(oldValue);
    for (const frame of document.querySelectorAll(`${frames}[src]`)) {
      const to = frame.getAttribute("src").replace(/#.*/, "") + theme();
      if (to !== frame.getAttribute("src")) frame.src = to;
    }
  }).observe(document.body, { attributeFilter: ["data-jp-theme-light"], attributeOldValue: true }) ?? true;
  const follow = ({ target }) => {
    const link = target.closest?.(".jp-Notebook a[href]");
    if (!link || !local.test(link.hostname) || link.protocol !== "http:") return;
    if (link.port !== location.port) link.href = here ? named(link.href) : proxied(link.href);
  };
  window.helpersLinks ??= ["pointerdown", "focusin"].map((type) =>
    document.addEventListener(type, follow, true),
  );
})();

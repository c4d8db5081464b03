(() => {
  const config = document.getElementById("jupyter-config-data");
  const base = config && (JSON.parse(config.textContent).baseUrl || "/");
  const here = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(location.hostname);
  const proxied = (url) => url.replace(/^http:\/\/[^/]*:(\d+)/, `${base}proxy/$1`);
  const themes = { true: "#light", false: "#dark" };
  const theme = () => themes[document.body.dataset.jpThemeLight] ?? "";
  const decide = async (probe) => {
    const reach = (url, mode) => fetch(url, { mode, cache: "no-store" }).catch(() => null);
    if (await reach(probe, "no-cors")) return "direct";
    return (await reach(proxied(probe)))?.ok ? "proxy" : "direct";
  };
  const frames = "iframe[data-helpers-page]";
  for (const frame of document.querySelectorAll(`${frames}:not([src])`)) {
    const { helpersPage: url, helpersProbe: probe } = frame.dataset;
    const go = (route) => {
      const to = route === "proxy" ? proxied(url) : url;
      const link = frame.parentElement.querySelector("a");
      link.href = to;
      link.textContent = link.href;
      frame.src = to + theme();
    };
    if (!base || url.startsWith("/")) go("direct");
    else if (!here) go("proxy");
    else if (probe) (window.helpersRoute ??= decide(probe)).then(go);
    else Promise.resolve(window.helpersRoute).then(go);
  }
  window.helpersTheme ??= new MutationObserver(() => {
    for (const frame of document.querySelectorAll(`${frames}[src]`)) {
      const to = frame.getAttribute("src").replace(/#.*/, "") + theme();
      if (to !== frame.getAttribute("src")) frame.src = to;
    }
  }).observe(document.body, { attributeFilter: ["data-jp-theme-light"] }) ?? true;
})();

// Who you are: signing in and out over HTTP; the cookie itself is out of reach of scripts.

import { isTopPage } from "../shared/dom.js";

const tabs = "BroadcastChannel" in window ? new BroadcastChannel(`rooms ${location.pathname}`) : null;

/** Fetch JSON; the answer has `ok`, and if that is false, `code` and `text`. */
async function fetchJson(path, fields) {
  const post = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(fields) };
  try {
    const response = await fetch(path, fields && post);
    return { ok: response.ok, ...(await response.json()) };
  } catch {
    return { ok: false, code: "unreachable", text: "the server does not answer, so try again" };
  }
}

/** Sign in or up, and tell the other tabs of this browser. */
export async function sign(how, name, password) {
  const answer = await fetchJson(how, { name, password });
  if (!answer.ok) return answer;
  const kept = await fetchJson("me"); // a browser may refuse cookies to a page in another site's frame
  if (!kept.ok && kept.code === "not_signed_in") return { ok: false, code: "no_cookie", text: "" };
  tabs?.postMessage("signed in");
  return answer;
}

/** Sign out: the server ends the session, and tells every tab that uses it. */
export const signOut = (everywhere) => fetchJson("sign-out", { everywhere });

/** Call `act` when another tab of this browser has signed in. */
export function onSignedIn(act) {
  tabs?.addEventListener("message", act);
}

/** Move to the address under which cookies work; returns whether the page is moving.
 *
 * To a browser, JupyterLab at `localhost` and its frame of 127.0.0.1 are two sites, and the frame of
 * another site has no cookies. This server answers under both names: use the parent's. */
export function moveToParentSite() {
  const parent = isTopPage() ? "" : (location.ancestorOrigins?.[0] ?? document.referrer);
  const moves = location.hostname === "127.0.0.1" && /^http:\/\/localhost[:/]/.test(`${parent}/`);
  if (moves) location.replace(location.href.replace("127.0.0.1", "localhost"));
  return moves;
}

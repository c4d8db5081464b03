// Who one is: signing in and out over HTTP; the cookie itself is out of reach of scripts.

const tabs = "BroadcastChannel" in window ? new BroadcastChannel(`rooms ${location.pathname}`) : null;

/** Ask the server; the answer is an object with `ok`, and if that is false with `code` and `text`. */
async function ask(path, fields) {
  const post = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(fields) };
  try {
    const response = await fetch(path, fields && post);
    return { ok: response.ok, ...(await response.json()) };
  } catch {
    return { ok: false, code: "unreachable", text: "the server does not answer; try again" };
  }
}

/** Sign in or up; the other tabs of this browser hear of it. */
export async function sign(how, name, password) {
  const answer = await ask(how, { name, password });
  if (!answer.ok) return answer;
  const kept = await ask("me"); // a browser may keep no cookie for a page in another site's frame
  if (!kept.ok && kept.code === "not_signed_in") return { ok: false, code: "no_cookie", text: "" };
  tabs?.postMessage("signed in");
  return answer;
}

/** Sign out: the server ends the session, and every tab of it hears so. */
export const signOut = (everywhere) => ask("sign-out", { everywhere });

/** Call `act` when another tab of this browser has signed in. */
export function whenSignedIn(act) {
  tabs?.addEventListener("message", act);
}

/** To a browser, JupyterLab at `localhost` and its frame of 127.0.0.1 are two sites, and a frame of
 * another site has no cookies. This server answers under both names: go by the one of the frame. */
export function movesToSite() {
  const above = window.top === window ? "" : (location.ancestorOrigins?.[0] ?? document.referrer);
  const moves = location.hostname === "127.0.0.1" && /^http:\/\/localhost[:/]/.test(`${above}/`);
  if (moves) location.replace(location.href.replace("127.0.0.1", "localhost"));
  return moves;
}

// The page of vote: make a poll, share it, vote in it, and watch its bars grow.
//
// `?poll=K7QX2M` opens a poll; `&view=bars` shows its bars alone, large, for a projector.

import { announce, newId, part, showStatus } from "./parts.js";
import { Session } from "./vote-session.js";

const MOST_ANSWERS = 10;
const $ = (id) => document.getElementById(id);
const address = new URL(location.href);
const onlyBars = address.searchParams.get("view") === "bars";
const session = new Session();
let making = newId(); // the same until the poll is made: a retry makes no second one
let shown = ""; // which poll, so that its buttons are made once
let sure = false; // whether the next click on Close means it
let came = false; // whether somebody has just opened or made it here: their focus goes along

session.addEventListener("status", ({ detail: { status, words } }) => {
  showStatus($("pill"), status);
  if (status === "waiting") announce($("news"), words);
});

session.addEventListener("poll", ({ detail: poll }) => show(poll));
session.addEventListener("made", ({ detail: { code } }) => {
  making = newId();
  came = true;
  address.searchParams.set("poll", code);
  history.pushState(null, "", address);
  view();
});
session.addEventListener("missing", ({ detail: { text } }) => {
  came = false;
  address.searchParams.delete("poll");
  history.replaceState(history.state, "", address);
  view();
  announce($("code-error"), sentence(text));
  $("code").focus();
});
session.addEventListener("trouble", ({ detail: { text } }) => {
  announce($(shown ? "poll-error" : "make-error"), sentence(text));
});

$("find").addEventListener("submit", (event) => {
  event.preventDefault();
  announce($("code-error"), "");
  came = true;
  address.searchParams.set("poll", $("code").value.trim().toUpperCase());
  history.pushState(null, "", address);
  view();
});

$("make").addEventListener("submit", async (event) => {
  event.preventDefault();
  announce($("make-error"), "");
  const answers = [...$("answers").querySelectorAll("input")].map((input) => input.value.trim());
  await session.create(making, $("question").value.trim(), answers.filter(Boolean));
});

$("more").addEventListener("click", () => addAnswer().focus());
$("copy").addEventListener("click", copyLink);
$("close").addEventListener("click", () => {
  if (sure) session.close();
  sure = !sure;
  $("close").textContent = sure ? "Close it for good?" : "Close the poll";
});
$("close").addEventListener("blur", () => {
  sure = false;
  $("close").textContent = "Close the poll";
});
addEventListener("popstate", () => {
  address.search = location.search;
  view();
});

/** Show what the address asks for: a poll, or the forms to begin with. */
function view() {
  const code = address.searchParams.get("poll");
  shown = "";
  sure = false;
  $("start").hidden = Boolean(code);
  $("poll").hidden = $("share").hidden = true;
  document.title = "vote";
  document.body.classList.toggle("bars", Boolean(code) && onlyBars);
  if (code) session.open(code.toUpperCase());
}

function show(poll) {
  if (shown !== poll.code) begin(poll);
  const most = Math.max(...poll.totals);
  [...$("choices").children].forEach((item, number) => {
    const count = poll.totals[number];
    const share = poll.voters ? count / poll.voters : 0;
    item.style.setProperty("--share", share);
    item.toggleAttribute("data-leads", !poll.open && count === most && count > 0);
    item.querySelector(".count").textContent = `${count} · ${Math.round(share * 100)} %`;
    const button = item.querySelector("button");
    const chosen = (session.pending?.option ?? poll.mine) === number;
    button?.setAttribute("aria-pressed", String(chosen));
    if (button) button.disabled = !poll.open;
  });
  $("voters").textContent = poll.voters === 1 ? "1 vote" : `${poll.voters} votes`;
  if (document.activeElement === $("close") && !poll.open) $("asked").focus();
  $("close").hidden = onlyBars || !poll.open || !session.owner;
  showMine(poll);
}

/** What one has chosen, and whether it is counted: said when it changes, not with each vote. */
function showMine(poll) {
  const { pending } = session;
  const chosen = pending?.option ?? poll.mine;
  const state = pending ? "sending …" : "counted";
  let words = chosen === null ? "Choose one; you can change it." : `Your vote: ${poll.options[chosen]} · ${state}`;
  if (!poll.open) words = chosen === null ? "This poll is closed." : `This poll is closed. Your vote: ${poll.options[chosen]}`;
  if (onlyBars) words = poll.open ? "" : "This poll is closed.";
  if ($("mine").textContent === words) return;
  $("mine").textContent = words;
  announce($("news"), words);
}

function begin(poll) {
  shown = poll.code;
  document.title = `${poll.question} · vote`;
  $("asked").textContent = poll.question;
  $("asked").dir = "auto";
  $("choices").replaceChildren(...poll.options.map(choice));
  $("share-code").textContent = poll.code;
  $("bars").href = link({ poll: poll.code, view: "bars" });
  $("another").href = link({});
  $("poll").hidden = $("share").hidden = false;
  announce($("poll-error"), "");
  if (came) $("asked").focus();
  came = false;
}

function choice(text, number) {
  const item = part("li", "choice");
  const face = part(onlyBars ? "div" : "button", "face");
  const words = part("span", "words", text);
  words.dir = "auto";
  face.append(words, part("span", "count"), part("span", "bar"));
  if (!onlyBars) {
    face.type = "button";
    face.addEventListener("click", () => {
      announce($("poll-error"), "");
      session.cast(number);
    });
  }
  item.append(face);
  return item;
}

function addAnswer() {
  const item = part("li");
  const input = part("input");
  const number = $("answers").children.length + 1;
  Object.assign(input, { type: "text", maxLength: 80, autocomplete: "off", required: number <= 2 });
  input.setAttribute("aria-label", `Answer ${number}`);
  item.append(input);
  $("answers").append(item);
  $("more").hidden = number >= MOST_ANSWERS;
  return input;
}

/** The address of this page with other questions behind it; `name` stays. */
function link(questions) {
  const url = new URL(location.href);
  for (const name of ["poll", "view"]) url.searchParams.delete(name);
  for (const [name, value] of Object.entries(questions)) url.searchParams.set(name, value);
  return url.href;
}

async function copyLink() {
  const url = new URL(link({ poll: shown }));
  url.searchParams.delete("name"); // whoever follows it is somebody else
  try {
    await navigator.clipboard.writeText(url.href);
    announce($("news"), "The link is copied.");
    $("copy").textContent = "Copied";
  } catch {
    $("copy").textContent = url.href; // a frame may not copy: then it is there to read
  }
}

function sentence(text) {
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}

for (let number = 0; number < 3; number += 1) addAnswer();
view();

// The page of vote: create a poll, share it, vote in it, and watch its bars grow.
//
// `?poll=K7QX2M` opens a poll; `&view=bars` shows only its bars, large, for a projector.

import { $, announce, createElement, showError, showStatus, toSentence } from "../shared/dom.js";
import { newId } from "../shared/ids.js";
import { Session } from "./session.js";

const MOST_ANSWERS = 10;
const FIRST_ANSWERS = 3; // fields to begin with
const CLOSE = "Close the poll";
const address = new URL(location.href);
const onlyBars = address.searchParams.get("view") === "bars";
const session = new Session();
let newPollId = newId(); // the same until the poll is created: a retry does not create a second one
let shownCode = ""; // of the poll that is shown: its buttons are made once
let askedToClose = false; // whether the next click on Close closes the poll
let takesFocus = false; // whether somebody has just opened or created the poll here: the focus follows

session.addEventListener("status", ({ detail: { status, words } }) => {
  showStatus(status);
  if (status === "waiting") announce(words);
});

$("retry").addEventListener("click", () => session.retry());

session.addEventListener("poll", ({ detail: poll }) => showPoll(poll));
session.addEventListener("made", ({ detail: { code } }) => {
  newPollId = newId();
  takesFocus = true;
  address.searchParams.set("poll", code);
  history.pushState(null, "", address);
  showView();
});
session.addEventListener("missing", ({ detail: { text } }) => {
  takesFocus = false;
  address.searchParams.delete("poll");
  history.replaceState(history.state, "", address);
  showView();
  showError("code-error", toSentence(text));
  $("code").focus();
});
session.addEventListener("trouble", ({ detail: { text } }) => {
  showError(shownCode ? "poll-error" : "make-error", toSentence(text));
});

$("find").addEventListener("submit", (event) => {
  event.preventDefault();
  showError("code-error", "");
  takesFocus = true;
  address.searchParams.set("poll", $("code").value.trim().toUpperCase());
  history.pushState(null, "", address);
  showView();
});

$("make").addEventListener("submit", async (event) => {
  event.preventDefault();
  showError("make-error", "");
  const answers = [...$("answers").querySelectorAll("input")].map((input) => input.value.trim());
  await session.create(newPollId, $("question").value.trim(), answers.filter(Boolean));
});

$("more").addEventListener("click", () => addAnswer().focus());
$("copy").addEventListener("click", copyLink);
$("close").addEventListener("click", () => {
  if (askedToClose) session.close();
  askedToClose = !askedToClose;
  $("close").textContent = askedToClose ? "Close it for good?" : CLOSE;
});
$("close").addEventListener("blur", () => {
  askedToClose = false;
  $("close").textContent = CLOSE;
});
addEventListener("popstate", () => {
  address.search = location.search;
  showView();
});

/** Show what the address asks for: a poll, or the forms to start with. */
function showView() {
  const code = address.searchParams.get("poll");
  shownCode = "";
  askedToClose = false;
  $("start").hidden = Boolean(code);
  $("poll").hidden = $("share").hidden = true;
  document.title = "vote";
  document.body.classList.toggle("bars", Boolean(code) && onlyBars);
  if (code) session.open(code.toUpperCase());
}

function showPoll(poll) {
  if (shownCode !== poll.code) buildPoll(poll);
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
  if (document.activeElement === $("close") && !poll.open) $("poll-question").focus();
  $("close").hidden = onlyBars || !poll.open || !session.isOwner;
  showChoice(poll);
}

/** Show your choice and whether it is counted; it is announced when it changes, not with each vote. */
function showChoice(poll) {
  const words = describeChoice(poll);
  if ($("mine").textContent === words) return;
  $("mine").textContent = words;
  announce(words);
}

function describeChoice(poll) {
  const closed = "This poll is closed.";
  if (onlyBars) return poll.open ? "" : closed;
  const { pending } = session;
  const chosen = pending?.option ?? poll.mine;
  if (chosen === null) return poll.open ? "Choose one. You can change it later." : closed;
  const vote = `Your vote: ${poll.options[chosen]}`;
  return poll.open ? `${vote} · ${pending ? "sending …" : "counted"}` : `${closed} ${vote}`;
}

function buildPoll(poll) {
  shownCode = poll.code;
  document.title = `${poll.question} · vote`;
  $("poll-question").textContent = poll.question;
  $("poll-question").dir = "auto";
  $("choices").replaceChildren(...poll.options.map(createChoice));
  $("share-code").textContent = poll.code;
  $("bars").href = makeLink({ poll: poll.code, view: "bars" });
  $("another").href = makeLink({});
  $("poll").hidden = $("share").hidden = false;
  showError("poll-error", "");
  if (takesFocus) $("poll-question").focus();
  takesFocus = false;
}

function createChoice(text, number) {
  const item = createElement("li", "choice");
  const option = createElement(onlyBars ? "div" : "button", "option");
  const label = createElement("span", "label", text);
  label.dir = "auto";
  option.append(label, createElement("span", "count"), createElement("span", "bar"));
  if (!onlyBars) {
    option.type = "button";
    option.addEventListener("click", () => {
      showError("poll-error", "");
      session.cast(number);
    });
  }
  item.append(option);
  return item;
}

function addAnswer() {
  const item = createElement("li");
  const input = createElement("input");
  const number = $("answers").children.length + 1;
  Object.assign(input, { type: "text", maxLength: 80, autocomplete: "off", required: number <= 2 });
  input.setAttribute("aria-label", `Answer ${number}`);
  item.append(input);
  $("answers").append(item);
  $("more").hidden = number >= MOST_ANSWERS;
  return input;
}

/** Make an address of this page with another query; `name` stays in it. */
function makeLink(query) {
  const url = new URL(location.href);
  for (const name of ["poll", "view"]) url.searchParams.delete(name);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}

async function copyLink() {
  const url = new URL(makeLink({ poll: shownCode }));
  url.searchParams.delete("name"); // anyone who follows the link is somebody else
  try {
    await navigator.clipboard.writeText(url.href);
    announce("The link has been copied.");
    $("copy").textContent = "Copied";
  } catch {
    $("copy").textContent = url.href; // a frame may not copy, so show the link
  }
}

for (let number = 0; number < FIRST_ANSWERS; number += 1) addAnswer();
showView();

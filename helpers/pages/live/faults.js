// The faults as buttons: cut, freeze, delay and heal. Which are on is what the tap says, whoever set
// them: this page, another one, or a cell.

import { $, announce, showError, toSentence } from "../shared/dom.js";

const SIGNS = { cut: "cut", freeze: "frozen", delay: "delay_ms" }; // of a button's fault, in the state
let state = null; // { cut, frozen, delay_ms }; null while it is not known

/** Let the buttons ask the tap for their faults. */
export function listen(connection) {
  for (const type of ["cut", "freeze", "delay", "heal"]) {
    $(type).addEventListener("click", () => ask(connection, type));
  }
  $("delay-ms").addEventListener("change", showButtons);
  showButtons();
}

/** Show which faults are on; null: nobody knows. */
export function showFaults(now) {
  const before = describe(state);
  state = now;
  const words = describe(now);
  $("fault").hidden = !words;
  $("fault").textContent = words;
  showError("problem", "");
  if (words && words !== before) announce(`The wire is ${words}.`);
  if (now && before && !words) announce("The wire is healed.");
  showButtons();
}

/** Say why nothing has changed. */
export function showProblem(text) {
  showError("problem", toSentence(text));
}

function ask(connection, type) {
  if ($(type).ariaDisabled === "true") return;
  connection.send(JSON.stringify(type === "delay" ? { type, ms: chosenMs() } : { type }));
}

/** Name the faults that are on, as their marks do; nothing if there are none. */
function describe(faults) {
  if (!faults) return "";
  const { cut, frozen, delay_ms: ms } = faults;
  return [cut && "cut", frozen && "frozen", ms && `delayed ${ms} ms each way`].filter(Boolean).join(", ");
}

/** A button that would change nothing is dimmed; it keeps the focus, so it is not disabled. */
function showButtons() {
  for (const [type, sign] of Object.entries(SIGNS)) {
    const isOn = Boolean(state?.[sign]);
    $(type).ariaPressed = String(isOn);
    $(type).ariaDisabled = String(!state || (type === "delay" ? state.delay_ms === chosenMs() : isOn));
  }
  const isWell = !describe(state);
  $("heal").ariaDisabled = String(isWell);
  $("heal").classList.toggle("primary", !isWell);
}

const chosenMs = () => Number($("delay-ms").value);

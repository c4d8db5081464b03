// The form for signing in and up, and why it is shown.

import { $, mayTakeFocus, showError, toSentence } from "../shared/dom.js";
import { sign } from "./account.js";

const WHY = {
  signed_out: "You have signed out.",
  expired: "Your session has expired. Sign in to continue.",
  replaced: "This browser has signed in again.",
};
const NOTE = "Everybody in a room sees your name.";

export class SignInForm {
  #form;
  #onSignedIn;

  /** `onSignedIn` is called once the server has set a cookie, and the browser has kept it. */
  constructor(form, onSignedIn) {
    this.#form = form;
    this.#onSignedIn = onSignedIn;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit(event.submitter?.value || "sign-in");
    });
  }

  get hidden() {
    return this.#form.hidden;
  }

  /** Show the form; returns in words why. */
  show(why, name) {
    this.#form.hidden = false;
    $("why").textContent = WHY[why] ?? NOTE;
    $("name").value = name;
    $("password").value = "";
    showError("sign-error", "");
    if (mayTakeFocus()) $(name ? "password" : "name").focus();
    return WHY[why] ?? "";
  }

  hide() {
    this.#form.hidden = true;
    $("password").value = "";
  }

  async #submit(how) {
    showError("sign-error", "");
    $("alone").hidden = true;
    this.#setBusy(true);
    const answer = await sign(how, $("name").value, $("password").value);
    this.#setBusy(false);
    if (answer.ok) this.#onSignedIn();
    else this.#showRefusal(answer);
  }

  #showRefusal({ code, text }) {
    if (code === "no_cookie") {
      $("alone-link").href = location.href;
      $("alone").hidden = false;
      return;
    }
    showError("sign-error", toSentence(text));
    $(code.includes("name") ? "name" : "password").focus();
  }

  #setBusy(on) {
    for (const button of this.#form.querySelectorAll("button")) button.disabled = on;
  }
}

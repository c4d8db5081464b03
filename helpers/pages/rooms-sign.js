// The form for signing in and up, and why one has to.

import { announce } from "./parts.js";
import { sign } from "./rooms-account.js";

const WHY = {
  signed_out: "You have signed out.",
  expired: "Your session has expired. Sign in to go on.",
  replaced: "This browser has signed in anew.",
};
const NOTE = "Everybody in a room sees your name beside what you say.";
const $ = (id) => document.getElementById(id);

export class SignIn {
  #form;
  #signedIn;

  /** `signedIn` is called once the server has set a cookie, and the browser has kept it. */
  constructor(form, signedIn) {
    this.#form = form;
    this.#signedIn = signedIn;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit(event.submitter?.value || "sign-in");
    });
  }

  get hidden() {
    return this.#form.hidden;
  }

  /** Show the form; the answer is why, in words. */
  show(why, name) {
    this.#form.hidden = false;
    $("why").textContent = WHY[why] ?? NOTE;
    $("name").value = name;
    $("password").value = "";
    announce($("sign-error"), "");
    if (window.top === window || document.hasFocus()) $(name ? "password" : "name").focus();
    return WHY[why] ?? "";
  }

  hide() {
    this.#form.hidden = true;
    $("password").value = "";
  }

  async #submit(how) {
    announce($("sign-error"), "");
    $("alone").hidden = true;
    this.#busy(true);
    const answer = await sign(how, $("name").value, $("password").value);
    this.#busy(false);
    if (answer.ok) this.#signedIn();
    else this.#refused(answer);
  }

  #refused({ code, text }) {
    if (code === "no_cookie") {
      $("alone-link").href = location.href;
      $("alone").hidden = false;
      return;
    }
    announce($("sign-error"), `${text[0].toUpperCase()}${text.slice(1)}.`);
    $(code.includes("name") ? "name" : "password").focus();
  }

  #busy(on) {
    for (const button of this.#form.querySelectorAll("button")) button.disabled = on;
  }
}

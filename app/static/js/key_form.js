// The page that asks for a key: at sign-in by itself, where a key is bound when the button is pressed.
import { create, get, hindrance, reason, words } from "./webauthn.js";

const form = document.querySelector("form[data-key-form]");
const options = JSON.parse(document.querySelector("[data-key-question]").textContent);
const state = form.querySelector("[data-key-state]");
const problem = form.querySelector("[data-key-problem]");
const button = form.querySelector("button");
const binding = form.dataset.keyForm === "create";

function say(name) {
  problem.hidden = !name;
  problem.querySelector("[data-key-words]").textContent = name ? words(form, name) : "";
  problem.querySelector("a").hidden = name !== "address";
  state.hidden = Boolean(name);
}

async function ask() {
  const why = hindrance(form.dataset.home);
  if (why) { say(why); return; }
  say("");
  form.classList.add("is-waiting");
  button.disabled = true;
  try {
    form.elements.credential.value = JSON.stringify(await (binding ? create : get)(options));
    form.submit();
  } catch (error) {
    say(reason(error));
    button.disabled = false;
    form.classList.remove("is-waiting");
    button.focus();
  }
}

form.addEventListener("submit", (event) => { event.preventDefault(); ask(); });
const why = hindrance(form.dataset.home);
if (why) say(why);
else if (!binding && !document.querySelector(".error-summary")) ask();

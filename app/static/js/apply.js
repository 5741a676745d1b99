// The form is saved as it is typed; what could not be saved is tried again, and the browser asks before it is left.
import { during } from "./pending.js";
import { token } from "./token.js";

const form = document.querySelector("form[data-apply]");
const label = form?.querySelector("[data-save-state]");
const url = form?.dataset.autosaveUrl;
let timer = 0;
let dirty = false;
let busy = false;

const say = (text) => { if (label) label.textContent = text; };

async function save() {
  busy = true;
  dirty = false;
  say(form.dataset.textSaving);
  const body = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
  const answer = await fetch(url, { method: "POST", body, headers: { Accept: "application/json", "X-CSRFToken": token() } }).catch(() => null);
  const said = await answer?.json().catch(() => null);
  busy = false;
  if (answer?.ok && said) {
    say(`${form.dataset.textSaved} ${said.saved_at ?? ""}`);
    if (said.version !== undefined) form.elements.version.value = said.version;
    document.querySelector("[data-lines]")?.lines?.stored(said.line_ids ?? [], said.rows);
    if (dirty) timer = setTimeout(soon, 1500);
    return;
  }
  dirty = true;
  say(said?.message ?? form.dataset.textUnsaved);
  if (!answer || answer.status >= 500) timer = setTimeout(soon, 10000);
}

// Sent before the answer, the form would say a version that is no longer the stored one.
function soon() {
  if (!busy && dirty && url) during(save());
}

form?.addEventListener("input", () => {
  dirty = true;
  clearTimeout(timer);
  timer = setTimeout(soon, 1500);
});
form?.addEventListener("submit", () => { dirty = false; clearTimeout(timer); });
window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
document.addEventListener("lines:change", (event) => {
  const count = document.querySelector("[data-send-count]");
  if (count) count.textContent = String(event.detail.filled);
  const sentence = document.querySelector("[data-send-what]");
  if (!sentence) return;
  const [whole, only] = sentence.children;
  whole.hidden = sentence.dataset.sendWhat !== String(event.detail.filled);
  only.hidden = !whole.hidden;
});

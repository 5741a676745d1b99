// A hand scanner types a serial number and Enter: each line is asked about at once, the page stays.
// form[data-scan-url] holds the textarea; the answer is {"lines": [{serial, label, tone}], version}. Lines
// that are kept on the server leave the textarea (data-scan="sent"), the others stay until the form is sent;
// what is done next on the page is done to the version that holds them.
import { during } from "./pending.js";
import { token } from "./token.js";

const form = document.querySelector("form[data-scan-url]");
const field = form?.querySelector("textarea");
const log = document.querySelector("[data-scan-log]");
let turn = Promise.resolve();

function note(text, serial, tone) {
  const row = document.createElement("li");
  row.className = `tone-${tone}`;
  const name = document.createElement("span");
  name.className = "num";
  name.textContent = serial;
  const words = document.createElement("span");
  words.textContent = text;
  row.append(name, words);
  log.prepend(row);
}

async function ask(serial) {
  const body = new FormData();
  body.set("csrf_token", token());
  body.set("serials", serial);
  try {
    const answer = await fetch(form.dataset.scanUrl, { method: "POST", body, headers: { Accept: "application/json" } });
    const told = await answer.json();
    if (told.version) for (const it of document.querySelectorAll('input[name="version"]')) it.value = told.version;
    for (const it of told.lines ?? []) note(it.label, it.serial, it.tone);
    if (!answer.ok) for (const it of told.details?.length ? told.details : [told]) note(it.message, serial, "bad");
  } catch {
    note(log.dataset.offline, serial, "bad");
    field.value = `${serial}\n${field.value}`;
  }
}

field?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || event.ctrlKey || event.metaKey) return;
  const start = field.value.lastIndexOf("\n", field.selectionStart - 1) + 1;
  const line = field.value.slice(start, field.selectionStart).trim();
  if (!line) return;
  if (form.dataset.scan === "sent") {
    event.preventDefault();
    field.value = field.value.slice(0, start) + field.value.slice(field.selectionStart).replace(/^\n/, "");
  }
  turn = turn.then(() => ask(line));
  if (form.dataset.scan === "sent") during(turn);
});

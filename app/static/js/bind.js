// Binds a key before it is handed out: the serial number stands in a field, the key is plugged in and touched.
import { token } from "./token.js";
import { create, hindrance, reason, words } from "./webauthn.js";

const send = async (url, body) => {
  const answer = await fetch(url, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token() } }).catch(() => null);
  const said = await answer?.json().catch(() => null);
  if (answer?.ok && said) return said;
  throw Object.assign(new Error(said?.details?.map((it) => it.message).join(" ") || said?.message || ""), { name: said ? "Refused" : "Offline" });
};

function start(box) {
  const button = box.querySelector("button");
  const state = box.querySelector("[data-bind-state]");
  const problem = box.querySelector("[data-bind-problem]");
  const icon = box.querySelector(".bind-state use");
  const { account, application, home, field, url } = box.dataset;
  const serial = () => (field ? document.querySelector(`select[name="${CSS.escape(field)}"], input[name="${CSS.escape(field)}"]`)?.value ?? "" : box.dataset.serial).trim().toUpperCase();

  const say = (text) => { problem.textContent = text; problem.hidden = !text; };
  const paint = () => {
    const done = Boolean(serial()) && serial() === box.dataset.bound;
    box.classList.toggle("is-done", done);
    icon.setAttribute("href", `${icon.getAttribute("href").split("#")[0]}#${done ? "check-circle-fill" : "usb-drive"}`);
    state.textContent = words(box, done ? "done" : "open");
    button.hidden = done;
  };
  const ask = async () => {
    const why = hindrance(home);
    if (why) { say(words(box, why)); return; }
    if (!serial()) { say(words(box, "serial")); return; }
    say("");
    button.disabled = true;
    state.textContent = words(box, "touch");
    box.classList.add("is-waiting");
    try {
      const wanted = serial();
      const question = await send(`${url}challenge`, { key_serial: wanted, account_id: Number(account), ...(application ? { application_id: Number(application) } : {}) });
      await send(url, { ticket: question.ticket, credential: await create(question.public_key) });
      box.dataset.bound = wanted;
      if (box.hasAttribute("data-reload")) location.reload();
    } catch (error) {
      say(error.name === "Refused" ? error.message : words(box, error.name === "Offline" ? "failed" : reason(error)));
    }
    box.classList.remove("is-waiting");
    button.disabled = false;
    paint();
  };
  button.addEventListener("click", ask);
  document.addEventListener("change", paint);
  document.addEventListener("input", paint);
  paint();
}

document.querySelectorAll("[data-bind]").forEach(start);

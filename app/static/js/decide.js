// The decision page: the panel adds up what was marked, remembers it until it is sent, and asks when a key acts.
const form = document.querySelector("form[data-decide]");
const $ = (selector, within = form) => within.querySelector(selector);
const all = (selector, within = form) => [...within.querySelectorAll(selector)];
const store = `keydesk.decide.${form.getAttribute("action")}.${form.elements.version?.value}`;
const keeps = (name) => /^(line-|remark-|place-|paper-|comment$)/.test(name);

function sums() {
  const lines = all("[data-line]").filter((it) => $("[data-verdict]", it));
  const refused = lines.filter((it) => $('[data-verdict="refused"]', it).checked).length;
  const remarks = all("[data-remark]").filter((it) => it.value.trim()).length;
  const box = $("[data-verdict-sum]");
  if (!box) return;
  const hidden = Number(box.dataset.lineCount || lines.length) - lines.length;
  const passed = lines.length - refused + Math.max(hidden, 0);
  $("[data-sum-pass]", box).textContent = passed;
  $("[data-sum-refuse]", box).textContent = refused;
  $("[data-sum-remarks]", box).textContent = remarks;
  const main = $("[data-act-words]");
  if (main) {
    main.textContent = main.closest("button").dataset.confirmTitle = refused ? main.dataset.mixed.replace("{pass}", passed).replace("{refuse}", refused) : main.dataset.plain.replace("{pass}", passed);
  }
  papers();
}

// A paper is complete when each of its ticks is set; passing waits for all of them.
function papers() {
  const lists = all("[data-paper]");
  if (!lists.length || !$("[data-paper-tick]:not(:disabled)")) return;
  const lacking = lists.filter((it) => all("[data-paper-tick]", it).some((tick) => !tick.checked));
  for (const it of lists) {
    const label = $("[data-paper-state]", it);
    const done = !lacking.includes(it);
    if (label) {
      label.textContent = done ? label.dataset.complete : label.dataset.lackingText;
      label.className = `state tone-${done ? "good" : "warn"}`;
    }
    it.classList.toggle("is-lacking", !done);
  }
  const note = $("[data-lacking-note]");
  if (note) {
    note.hidden = !lacking.length;
    $("ul", note).replaceChildren(...lacking.map((it) => Object.assign(document.createElement("li"), { textContent: it.dataset.paperName })));
  }
  const main = $("[data-needs-papers]");
  if (!main) return;
  if (lacking.length) main.setAttribute("aria-disabled", "true");
  else main.removeAttribute("aria-disabled");
}

function remember() {
  const held = [...new FormData(form)].filter(([name, value]) => keeps(name) && value);
  try { sessionStorage.setItem(store, JSON.stringify(held)); } catch { /* private window */ }
}

// Words that were kept are never out of sight.
function reveal(remark) {
  const folded = remark.closest("details");
  if (folded) folded.open = true;
  else $("[data-line-say]", remark.closest("[data-line]")).checked = true;
}

function restore() {
  let held = [];
  try { held = JSON.parse(sessionStorage.getItem(store) ?? "[]"); } catch { /* nothing to restore */ }
  for (const [name, value] of held) {
    for (const it of all(`[name="${CSS.escape(name)}"]`)) {
      if (it.type === "radio" || it.type === "checkbox") it.checked ||= it.value === value;
      else if (!it.value || it.tagName === "SELECT") it.value = value;
      if (it.matches("[data-remark]") && it.value) reveal(it);
    }
  }
}

form.addEventListener("input", () => { sums(); remember(); });
form.addEventListener("change", (event) => {
  if (event.target.matches('[data-verdict="refused"]')) event.target.closest("[data-line]").querySelector("[data-reason]")?.focus();
});
form.addEventListener("focusin", (event) => {
  const line = event.target.closest("[data-line]");
  if (!line) return;
  $(".is-here")?.classList.remove("is-here");
  line.classList.add("is-here");
});

// Returning needs a word: where there is none, the cursor goes where it belongs.
form.addEventListener("click", (event) => {
  const button = event.target.closest('[data-act="return"]');
  if (!button || $("#comment").value.trim() || all("[data-remark]").some((it) => it.value.trim())) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const field = $("#comment");
  const needed = $("#comment-needed");
  needed.hidden = false;
  field.setAttribute("aria-invalid", "true");
  field.addEventListener("input", () => { needed.hidden = true; field.removeAttribute("aria-invalid"); }, { once: true });
  field.focus();
}, true);

form.addEventListener("click", (event) => {
  const link = event.target.closest("[data-view]");
  if (!link) return;
  all("[data-view]").forEach((it) => it.removeAttribute("aria-current"));
  link.setAttribute("aria-current", "true");
  const box = $("[data-viewer]");
  const picture = $("[data-viewer-picture]", box);
  const shown = link.dataset.view === "image";
  picture.hidden = !shown;
  $("iframe", box).hidden = shown;
  if (!shown) return;
  event.preventDefault();
  $("img", picture).src = link.href;
  picture.scrollTop = 0;
});
$("[data-view]")?.setAttribute("aria-current", "true");
restore();
sums();

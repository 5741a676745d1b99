// A select that searches on the server: <select data-picker-url="…">. The select stays in the form and holds the
// value; the reader sees a combobox (WAI-ARIA 1.2). Without this script the select shows what it holds.
let made = 0;

export function enhance(select) {
  if (select.dataset.picker) return;
  select.dataset.picker = "on";
  const { pickerUrl, pickerHint, pickerNone, pickerMore, pickerClear } = select.dataset;
  const number = ++made;
  const box = document.createElement("div");
  const input = document.createElement("input");
  const list = document.createElement("ul");
  const clear = document.createElement("button");
  const chosen = select.multiple ? document.createElement("ul") : null;
  let found = [];
  let at = -1;
  let timer = 0;
  let flight = null;
  let answered = "";
  let eager = false;

  box.className = "picker";
  input.className = "form-control";
  input.type = "text";
  input.id = select.id || `picker-${number}`;
  if (select.id) select.id = `${select.id}-value`;
  input.autocomplete = "off";
  input.placeholder = pickerHint ?? "";
  list.id = `picker-list-${number}`;
  list.className = "picker-list";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) input.setAttribute(name, value);
  for (const name of ["aria-describedby", "aria-invalid", "aria-label"]) {
    if (select.hasAttribute(name)) { input.setAttribute(name, select.getAttribute(name)); select.removeAttribute(name); }
  }
  list.setAttribute("aria-label", input.getAttribute("aria-label") ?? document.querySelector(`label[for="${CSS.escape(input.id)}"]`)?.textContent.trim() ?? pickerHint ?? "");
  if (select.required) { input.setAttribute("aria-required", "true"); select.required = false; }
  clear.type = "button";
  clear.className = "btn-icon picker-clear";
  clear.setAttribute("aria-label", pickerClear ?? "");
  clear.textContent = "×";
  select.before(box);
  select.hidden = true;
  if (chosen) { chosen.className = "picker-chosen"; box.append(chosen); }
  box.append(input, clear, list, select);

  const held = () => [...select.selectedOptions].filter((it) => it.value);
  const paint = () => {
    if (chosen) {
      chosen.replaceChildren(...held().map((option) => {
        const line = document.createElement("li");
        const drop = document.createElement("button");
        line.textContent = option.textContent;
        drop.type = "button";
        drop.className = "btn-icon";
        drop.textContent = "×";
        drop.setAttribute("aria-label", `${pickerClear} ${option.textContent}`);
        drop.addEventListener("click", () => { option.selected = false; paint(); tell(); input.focus(); });
        line.append(drop);
        return line;
      }));
      input.value = "";
    } else input.value = held()[0]?.textContent ?? "";
    clear.hidden = Boolean(chosen) || !held().length;
  };
  const tell = () => select.dispatchEvent(new Event("change", { bubbles: true }));
  const show = (yes) => {
    list.hidden = !yes;
    input.setAttribute("aria-expanded", String(yes));
    if (!yes) { at = -1; input.removeAttribute("aria-activedescendant"); }
  };
  const mark = (next) => {
    list.children[at]?.setAttribute("aria-selected", "false");
    at = next;
    const it = list.children[at];
    it?.setAttribute("aria-selected", "true");
    it?.scrollIntoView({ block: "nearest" });
    if (it) input.setAttribute("aria-activedescendant", it.id);
  };
  const choose = (it) => {
    if (!it || it.disabled) return;
    let option = [...select.options].find((known) => known.value === String(it.value));
    if (!option) { option = new Option(it.label, it.value); select.append(option); }
    if (!chosen) select.value = option.value;
    option.selected = true;
    option.found = it;
    paint();
    show(false);
    tell();
  };
  const line = (text, it, index) => {
    const item = document.createElement("li");
    item.id = `${list.id}-${index}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    if (!it || it.disabled) item.setAttribute("aria-disabled", "true");
    item.textContent = text;
    if (it?.sub) { const small = document.createElement("small"); small.textContent = it.sub; item.append(small); }
    item.addEventListener("mousedown", (event) => { event.preventDefault(); choose(it); });
    return item;
  };
  const draw = (body) => {
    found = body.results ?? [];
    list.replaceChildren(...found.map((it, index) => line(it.label, it, index)));
    if (!found.length) list.append(line(pickerNone ?? "", null, 0));
    else if (body.more) list.append(line(pickerMore ?? "", null, found.length));
    at = -1;
    show(true);
    if (found.length) mark(0);
    if (eager && found.length === 1 && !body.more) choose(found[0]);
    eager = false;
  };
  // Enter came before the answer to what was typed: the one who is found is taken, of several one is chosen.
  const awaited = () => {
    const text = input.value.trim();
    return text.length > 1 && text !== (list.hidden ? held()[0]?.textContent : answered);
  };
  const ask = async () => {
    const text = input.value.trim();
    clearTimeout(timer);
    flight?.abort();
    if (text.length < 2) { show(false); return; }
    flight = new AbortController();
    const url = new URL(pickerUrl, location.href);
    url.searchParams.set("q", text);
    url.searchParams.set("limit", "20");
    try {
      const answer = await fetch(url, { signal: flight.signal, headers: { Accept: "application/json" } });
      if (!answer.ok || document.activeElement !== input) return;
      const body = await answer.json();
      answered = text;
      draw(body);
    } catch { /* a newer question took over, or the line is down */ }
  };
  input.addEventListener("input", (event) => {
    clearTimeout(timer);
    eager = false;
    if (!event.isComposing) timer = setTimeout(ask, 150);
  });
  input.addEventListener("compositionend", () => { clearTimeout(timer); timer = setTimeout(ask, 60); });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape" && !list.hidden) { event.stopPropagation(); show(false); paint(); }
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (list.hidden || !found.length) return;
      event.preventDefault();
      event.stopPropagation();
      mark((at + (event.key === "ArrowDown" ? 1 : found.length - 1) + (at < 0 && event.key === "ArrowUp" ? 1 : 0)) % found.length);
    } else if (event.key === "Enter" && awaited()) {
      event.preventDefault();
      event.stopPropagation();
      eager = true;
      ask();
    } else if (event.key === "Enter" && !list.hidden) { event.preventDefault(); event.stopPropagation(); choose(found[at]); }
    else if (event.key === "Backspace" && chosen && !input.value) { const last = held().at(-1); if (last) { last.selected = false; paint(); tell(); } }
  });
  input.addEventListener("focus", () => input.select());
  input.addEventListener("blur", () => { show(false); if (!chosen && !input.value.trim() && held().length) { select.value = ""; tell(); } paint(); });
  clear.addEventListener("click", () => { select.value = ""; paint(); tell(); input.focus(); });
  paint();
}

document.querySelectorAll("select[data-picker-url]").forEach(enhance);

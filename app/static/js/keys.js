// Shortcuts. An element says its key with data-key; J and K walk over [data-line]. Inert while one types or
// chooses, alive everywhere else, also after a row was ticked or a verdict chosen.
const typing = (it) => it?.closest("input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=file]), textarea, select, [contenteditable]:not([contenteditable=false]), [role=combobox], [role=listbox]");

function walk(step) {
  const lines = [...document.querySelectorAll("[data-line]")];
  if (!lines.length) return false;
  const here = lines.findIndex((it) => it.classList.contains("is-here"));
  const next = Math.min(Math.max(here + step, 0), lines.length - 1);
  lines[here]?.classList.remove("is-here");
  lines[next].classList.add("is-here");
  lines[next].focus({ preventScroll: true });
  lines[next].scrollIntoView({ block: "nearest" });
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  const key = event.key.toLowerCase();
  if (key === "/") {
    const field = document.getElementById("search");
    if (field) { event.preventDefault(); field.focus(); field.select(); }
    return;
  }
  if (key === "?") {
    event.preventDefault();
    document.getElementById("keyboard-help")?.showModal();
    return;
  }
  if ((key === "j" || key === "k") && walk(key === "j" ? 1 : -1)) { event.preventDefault(); return; }
  const target = [...document.querySelectorAll("[data-key]")].find((it) => it.dataset.key === key && it.getClientRects().length);
  if (!target) return;
  event.preventDefault();
  target.focus();
  target.click();
});

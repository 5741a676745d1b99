// The frame: menu, theme, search everything, confirmations, reveal, signs of work. No page needs it to function.
import { token } from "./token.js";

const root = document.documentElement;
const $ = (selector, within = document) => within.querySelector(selector);
const keep = (name, value) => { try { localStorage.setItem(name, value); } catch { /* private window */ } };

function menu() {
  const fold = $("[data-fold]");
  const say = () => fold?.setAttribute("aria-expanded", String(root.dataset.menu !== "folded"));
  say();
  fold?.addEventListener("click", () => {
    if (root.dataset.menu === "folded") delete root.dataset.menu;
    else root.dataset.menu = "folded";
    keep("keydesk.menu", root.dataset.menu ?? "open");
    say();
  });
  const drawer = $("[data-drawer]");
  const open = (yes) => {
    if (yes) root.dataset.drawer = "open";
    else delete root.dataset.drawer;
    drawer?.setAttribute("aria-expanded", String(yes));
    if (yes) $("#side a")?.focus();
    else if ($("#side")?.contains(document.activeElement)) drawer?.focus();
  };
  drawer?.addEventListener("click", () => open(root.dataset.drawer !== "open"));
  $("[data-drawer-close]")?.addEventListener("click", () => open(false));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (root.dataset.drawer) open(false);
    document.querySelectorAll(".menu-drop[open]").forEach((it) => { it.open = false; $("summary", it).focus(); });
  });
  document.addEventListener("click", (event) => {
    document.querySelectorAll(".menu-drop[open]").forEach((it) => { if (!it.contains(event.target)) it.open = false; });
  });
}

function theme() {
  let choice = "system";
  try { choice = localStorage.getItem("keydesk.theme") ?? "system"; } catch { /* private window */ }
  document.querySelectorAll("[data-theme-choice]").forEach((it) => {
    it.checked = it.value === choice;
    it.addEventListener("change", () => { keep("keydesk.theme", it.value); window.dispatchEvent(new Event("keydesk:theme")); });
  });
}

function search() {
  const form = $("[data-search]");
  if (!form) return;
  const input = $("input", form);
  const box = $("#search-results");
  let found = [];
  let at = -1;
  let asked = 0;
  let answered = "";
  let timer = 0;
  const show = (yes) => {
    box.hidden = !yes;
    input.setAttribute("aria-expanded", String(yes));
    if (!yes) input.removeAttribute("aria-activedescendant");
  };
  const mark = (next) => {
    found[at]?.setAttribute("aria-selected", "false");
    at = next;
    const it = found[at];
    if (!it) return;
    it.setAttribute("aria-selected", "true");
    it.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", it.id);
  };
  const ask = async () => {
    const text = input.value.trim();
    if (text.length < 2) { show(false); found = []; return; }
    const mine = ++asked;
    const url = new URL(form.action, location.href);
    url.searchParams.set("q", text);
    url.searchParams.set("partial", "1");
    const answer = await fetch(url, { headers: { "X-Requested-With": "fetch" } }).catch(() => null);
    if (!answer?.ok || mine !== asked) return;
    box.innerHTML = await answer.text();
    found = [...box.querySelectorAll("a[role=option]")];
    answered = text;
    at = -1;
    show(true);
    if (found.length) mark(0);
  };
  input.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (!event.isComposing) timer = setTimeout(ask, 120);
  });
  input.addEventListener("compositionend", () => { clearTimeout(timer); timer = setTimeout(ask, 60); });
  input.addEventListener("focus", () => { if (found.length) show(true); });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape") { show(false); input.select(); }
    if (event.key === "ArrowDown" && found.length) { event.preventDefault(); show(true); mark((at + 1) % found.length); }
    if (event.key === "ArrowUp" && found.length) { event.preventDefault(); mark((at - 1 + found.length) % found.length); }
    // What was found for fewer letters is not what Enter means: then the whole search answers.
    if (event.key === "Enter" && !box.hidden && found[at] && answered === input.value.trim()) { event.preventDefault(); location.assign(found[at].href); }
  });
  document.addEventListener("click", (event) => { if (!form.contains(event.target)) show(false); });
}

// One question before an act. data-confirm on a submit button; keys.js asks through here too.
function ask({ title, text, button, typed }) {
  const dialog = $("#ask");
  const heading = $("#ask-title");
  const yes = $("#ask-yes");
  const words = $("#ask-typed-words");
  heading.textContent = title || heading.dataset.default;
  $("#ask-text").textContent = text || "";
  yes.textContent = button || yes.dataset.default;
  $("#ask-typed").hidden = !typed;
  $("#ask-typed-wanted").textContent = typed || "";
  words.value = "";
  const fit = () => { yes.disabled = Boolean(typed) && words.value.trim() !== typed; };
  words.oninput = fit;
  fit();
  dialog.returnValue = "no";
  dialog.showModal();
  (typed ? words : yes).focus();
  return new Promise((resolve) => { dialog.onclose = () => resolve(dialog.returnValue === "yes"); });
}

function confirmations() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-confirm]");
    if (!button || button.getAttribute("aria-disabled") === "true" || button.dataset.agreed) return;
    if ("confirmKeysOnly" in button.dataset && event.isTrusted && event.detail > 0) return;
    event.preventDefault();
    const { confirm, confirmTitle, confirmButton, confirmTyped } = button.dataset;
    if (!await ask({ text: confirm, title: confirmTitle, button: confirmButton || button.innerText.split("\n")[0], typed: confirmTyped })) return;
    button.dataset.agreed = "1";
    button.form.requestSubmit(button);
    delete button.dataset.agreed;
  });
  document.addEventListener("click", (event) => {
    const off = event.target.closest('[aria-disabled="true"]');
    if (off) event.preventDefault();
  });
}

function reveal() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-reveal]");
    if (!button) return;
    event.preventDefault();
    button.disabled = true;
    const answer = await fetch(button.getAttribute("formaction"), { method: "POST", headers: { "X-CSRFToken": token(), Accept: "application/json" } }).catch(() => null);
    const body = await answer?.json().catch(() => null);
    if (answer?.ok && body?.value) {
      $("[data-masked]", button.parentElement).textContent = body.value;
      button.remove();
    } else {
      button.disabled = false;
      if (body?.message) button.title = body.message;
    }
  });
}

function work() {
  const line = $("#work-line");
  let timer = 0;
  const begin = () => { timer = setTimeout(() => { line.hidden = false; }, 80); };
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.method === "dialog") return;
    if (event.target.dataset.sent) { event.preventDefault(); return; }
    if (event.target.method === "post") event.target.dataset.sent = "1";
    begin();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey || link.target || link.hasAttribute("download")) return;
    if (link.origin === location.origin && link.pathname + link.search !== location.pathname + location.search) begin();
  });
  window.addEventListener("pageshow", () => {
    clearTimeout(timer);
    line.hidden = true;
    document.querySelectorAll("form[data-sent]").forEach((it) => { delete it.dataset.sent; });
  });
}

// Typed and not sent: the browser asks before it is lost.
function guard() {
  document.querySelectorAll("form[data-guard]").forEach((form) => {
    let dirty = false;
    form.addEventListener("input", () => { dirty = true; });
    form.addEventListener("submit", () => { dirty = false; });
    window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  });
}

menu();
theme();
search();
confirmations();
reveal();
work();
guard();
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
  event.target.closest("[data-dismiss]")?.parentElement.remove();
  const opener = event.target.closest("[data-open-dialog]");
  if (opener) document.getElementById(opener.dataset.openDialog)?.showModal();
});
$("#error-summary")?.focus();
document.querySelectorAll(".error-summary a").forEach((link) => link.addEventListener("click", (event) => {
  const target = document.getElementById(link.hash.slice(1));
  if (!target) return;
  event.preventDefault();
  target.scrollIntoView({ block: "center" });
  target.focus({ preventScroll: true });
}));

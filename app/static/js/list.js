// Lists: the whole row opens, ticks survive paging, the bulk bar says how many rows each act fits.
const interactive = "a, button, input, select, textarea, label, summary, details";

document.addEventListener("click", (event) => {
  const row = event.target.closest("tr[data-href]");
  if (!row || event.target.closest(interactive) || String(window.getSelection()).length) return;
  if (event.ctrlKey || event.metaKey) window.open(row.dataset.href, "_blank", "noopener");
  else row.querySelector(`a[href="${CSS.escape(row.dataset.href)}"]`)?.click() ?? location.assign(row.dataset.href);
});

document.querySelectorAll(".list").forEach((list) => {
  const bar = list.querySelector(".bulk-bar");
  if (!bar) return;
  const store = `keydesk.ticks.${list.dataset.list || location.pathname}`;
  const boxes = [...list.querySelectorAll('input[name="ids"]')];
  const whole = list.querySelector("[data-tick-all]");
  const all = bar.querySelector("[data-bulk-whole]");
  let ticks = {};
  try { ticks = JSON.parse(sessionStorage.getItem(store) ?? "{}"); } catch { /* private window */ }
  const paint = () => {
    const ids = Object.keys(ticks);
    bar.classList.toggle("is-open", ids.length > 0);
    bar.querySelector("[data-bulk-count]").textContent = all?.checked ? all.dataset.bulkWhole : ids.length;
    bar.querySelectorAll("[data-bulk-act]").forEach((it) => {
      const fit = ids.filter((id) => ticks[id].includes(it.dataset.bulkAct)).length;
      it.querySelector("[data-bulk-fit]").textContent = all?.checked ? "" : fit;
      if (fit || all?.checked) it.removeAttribute("aria-disabled");
      else it.setAttribute("aria-disabled", "true");
    });
    if (whole) {
      const here = boxes.filter((it) => it.checked).length;
      whole.checked = here > 0 && here === boxes.length;
      whole.indeterminate = here > 0 && here < boxes.length;
    }
    try { sessionStorage.setItem(store, JSON.stringify(ticks)); } catch { /* private window */ }
  };
  const set = (box, yes) => {
    box.checked = yes;
    if (yes) ticks[box.value] = box.dataset.acts.split(" ");
    else delete ticks[box.value];
  };
  boxes.forEach((box) => {
    if (box.checked && !(box.value in ticks)) set(box, true); // ticked before this script was there
    box.checked = box.value in ticks;
    box.addEventListener("change", () => { set(box, box.checked); paint(); });
  });
  whole?.addEventListener("change", () => { boxes.forEach((box) => set(box, whole.checked)); paint(); });
  all?.addEventListener("change", paint);
  bar.querySelector("[data-bulk-clear]").addEventListener("click", () => { ticks = {}; if (all) all.checked = false; boxes.forEach((box) => { box.checked = false; }); paint(); });
  bar.addEventListener("formdata", (event) => {
    const here = new Set(boxes.map((box) => box.value));
    Object.keys(ticks).filter((id) => !here.has(id)).forEach((id) => event.formData.append("ids", id));
  });
  bar.addEventListener("submit", () => { try { sessionStorage.removeItem(store); } catch { /* private window */ } });
  paint();
});

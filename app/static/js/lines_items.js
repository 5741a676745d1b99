// The dialog in which permission items are ticked for one line, or for all of them.
const make = (tag, className, text) => {
  const it = document.createElement(tag);
  if (className) it.className = className;
  if (text) it.textContent = text;
  return it;
};

// Ticks everything that goes with a post, or takes it off again where all of it is ticked.
function byPost(posts, list, text, say) {
  const row = make("p", "items-posts");
  row.append(make("span", "quiet", text.posts));
  const boxes = (codes) => [...list.querySelectorAll("input")].filter((it) => codes.includes(it.value));
  const show = () => {
    for (const it of row.querySelectorAll("button")) it.setAttribute("aria-pressed", String(boxes(it.codes).every((box) => box.checked)));
  };
  for (const post of posts) {
    const button = make("button", "btn btn-quiet btn-sm", post.label);
    button.type = "button";
    button.codes = post.codes;
    button.addEventListener("click", () => {
      const mine = boxes(post.codes);
      const on = !mine.every((it) => it.checked);
      for (const box of mine) box.checked = on;
      show();
      say();
    });
    row.append(button);
  }
  list.addEventListener("change", show);
  show();
  return row;
}

export function choose({ items, posts }, held, text, title) {
  const dialog = make("dialog", "items");
  const form = make("form");
  const header = make("header");
  const heading = make("h2", "", title);
  const find = make("input", "form-control");
  const list = make("div", "items-list");
  const footer = make("footer");
  const count = make("span", "quiet num items-all");
  form.method = "dialog";
  heading.id = "items-title";
  dialog.setAttribute("aria-labelledby", heading.id);
  find.type = "search";
  find.placeholder = text.find;
  find.setAttribute("aria-label", text.find);
  header.append(heading, find);
  const groups = new Map();
  for (const it of items) {
    if (!groups.has(it.group)) {
      const group = make("fieldset");
      group.append(make("legend", "", it.group));
      groups.set(it.group, group);
      list.append(group);
    }
    const label = make("label", "check");
    const box = make("input");
    const words = make("span", "", it.label);
    box.type = "checkbox";
    box.value = it.code;
    box.checked = held.includes(it.code);
    if (it.note) words.append(" ", make("span", "quiet", it.note));
    label.append(box, words);
    label.dataset.find = `${it.label} ${it.code} ${it.note ?? ""}`.toLowerCase();
    groups.get(it.group).append(label);
  }
  const all = make("button", "btn btn-quiet", text.all);
  const done = make("button", "btn btn-primary", text.done);
  all.value = "all";
  done.value = "done";
  footer.append(count, all, done);
  form.append(header, list, footer);
  dialog.append(form);
  const codes = () => [...list.querySelectorAll("input:checked")].map((it) => it.value);
  const say = () => { count.textContent = text.chosen.replace("{n}", codes().length); };
  list.addEventListener("change", say);
  if (posts.length) list.before(byPost(posts, list, text, say));
  find.addEventListener("input", () => {
    const wanted = find.value.trim().toLowerCase();
    for (const label of list.querySelectorAll("label")) label.hidden = !label.dataset.find.includes(wanted);
    for (const group of groups.values()) group.hidden = ![...group.querySelectorAll("label")].some((it) => !it.hidden);
  });
  find.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
  for (const event of ["input", "change"]) dialog.addEventListener(event, (it) => it.stopPropagation());
  document.body.append(dialog);
  say();
  dialog.showModal();
  (list.querySelector("input:checked") ?? list.querySelector("input"))?.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const answer = dialog.returnValue ? { codes: codes(), all: dialog.returnValue === "all" } : null;
      dialog.remove();
      resolve(answer);
    });
  });
}

// The line editor: any number of lines, of which only those in sight are drawn; the rest live in memory and are
// added to the form when it is sent (formdata). Contract: macros/lines.html.
import { drawRow, notes, sayItems, sayRecord } from "./lines_cells.js";
import { choice, citizenId, items, layout, table } from "./lines_paste.js";
import { choose as chooseItems } from "./lines_items.js";

const WINDOW_FROM = 120;
const ROW = 43;
const MARGIN = 12;

class Lines {
  constructor(root) {
    this.root = root;
    this.form = root.closest("form");
    this.data = JSON.parse(root.querySelector("[data-lines-data]").textContent);
    this.text = JSON.parse(root.querySelector("[data-lines-text]").textContent);
    this.view = root.querySelector("[data-lines-view]");
    this.status = root.querySelector("[data-lines-status]");
    this.columns = this.data.columns;
    this.items = this.data.choices ?? [];
    this.names = new Map(this.items.map((it) => [it.code, it.label]));
    this.most = this.data.most ?? 5000;
    this.heights = [];
    this.kept = null;
    this.rows = (this.data.rows ?? []).map((row, n) => ({
      id: row.id ?? "", cells: { ...row.cells }, labels: { ...row.labels },
      errors: { ...this.data.errors?.[n] }, remarks: this.data.remarks?.[n] ?? {},
    }));
    while (this.rows.length < Math.max(this.data.least ?? 1, 1)) this.rows.push(this.blank());
    this.build();
    this.listen();
    this.draw();
    this.tell();
  }

  blank() { return { id: "", cells: {}, labels: {}, errors: {}, remarks: {} }; }

  isEmpty(row) { return !row.id && this.columns.every((it) => it.readonly || !(row.cells[it.name]?.length)); }

  build() {
    const grid = document.createElement("table");
    grid.className = "lines-grid";
    const head = grid.createTHead().insertRow();
    for (const label of [this.text.line, ...this.columns.map((it) => it.label), ""]) {
      const cell = document.createElement(label ? "th" : "td");
      if (label) cell.scope = "col";
      cell.textContent = label;
      head.append(cell);
    }
    this.body = grid.createTBody();
    this.above = this.spacer();
    this.below = this.spacer();
    this.view.append(grid);
    this.view.tabIndex = -1;
  }

  // Height without inline style: an SVG carries it as an attribute.
  spacer() {
    const row = document.createElement("tr");
    row.className = "lines-spacer";
    row.setAttribute("aria-hidden", "true");
    const cell = row.insertCell();
    cell.className = "lines-spacer";
    cell.colSpan = this.columns.length + 2;
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("width", "1");
    svg.setAttribute("display", "block");
    cell.append(svg);
    row.size = (pixels) => { row.hidden = pixels <= 0; svg.setAttribute("height", String(Math.max(0, Math.round(pixels)))); };
    return row;
  }

  get windowed() { return this.rows.length > WINDOW_FROM; }

  range() {
    if (!this.windowed) return [0, this.rows.length, 0, 0];
    const top = this.view.scrollTop;
    const bottom = top + Math.max(this.view.clientHeight, window.innerHeight * 0.7);
    let y = 0;
    let from = 0;
    let before = 0;
    let to = this.rows.length;
    for (let n = 0; n < this.rows.length; n += 1) {
      const high = this.heights[n] ?? ROW;
      if (y + high < top - MARGIN * ROW) { from = n + 1; before = y + high; }
      if (y > bottom + MARGIN * ROW) { to = n; break; }
      y += high;
    }
    let after = 0;
    for (let n = to; n < this.rows.length; n += 1) after += this.heights[n] ?? ROW;
    return [from, to, before, after];
  }

  draw() {
    this.view.classList.toggle("is-windowed", this.windowed);
    const [from, to, before, after] = this.range();
    const held = document.activeElement?.closest?.("tr[data-n]");
    const keep = new Map([...this.body.querySelectorAll("tr[data-n]")].map((it) => [+it.dataset.n, it]));
    const wanted = [];
    for (let n = from; n < to; n += 1) {
      const known = keep.get(n);
      wanted.push(known && known.row === this.rows[n] && !known.stale ? known : drawRow(this, n));
    }
    if (held && held.row === this.rows[+held.dataset.n] && !wanted.includes(held)) {
      const n = +held.dataset.n;
      if (n < from) wanted.unshift(held); else wanted.push(held);
    }
    const present = [...this.body.children].filter((it) => it.row);
    this.above.size(before);
    this.below.size(after);
    if (present.length !== wanted.length || present.some((it, at) => it !== wanted[at])) {
      for (const it of present) if (!wanted.includes(it)) it.remove();
      let next = this.body.firstChild === this.above ? this.above.nextSibling : null;
      if (!next && !this.above.isConnected) { this.body.prepend(this.above); next = this.above.nextSibling; }
      for (const it of wanted) { if (it === next) next = next.nextSibling; else this.body.insertBefore(it, next); }
      this.body.append(this.below);
    }
    if (this.windowed) for (const it of wanted) this.heights[+it.dataset.n] = it.offsetHeight || ROW;
  }

  // What is in the cell is judged when one leaves it; what the server said stands until the cell changes.
  judge(row, column) {
    const value = row.cells[column.name];
    delete row.errors[column.name];
    const say = (text) => { row.errors[column.name] = text; };
    if (this.isEmpty(row)) return;
    if (!value?.length) { if (column.required) say(this.text.required); return; }
    if (column.maxlength && value.length > column.maxlength) { say(`${this.text.long} ${column.maxlength}`); return; }
    if (column.kind === "select" && !column.choices.some((it) => it.value === value)) { say(`${this.text.choice} ${value}`); return; }
    if (column.kind !== "citizen_id") return;
    const wrong = citizenId(value);
    if (wrong) { say(this.text[wrong]); return; }
    const twin = this.rows.findIndex((it) => it !== row && it.cells[column.name]?.toUpperCase() === value.toUpperCase());
    if (twin >= 0) say(`${this.text.twice} ${twin + 1}`);
  }

  put(row, column, text) {
    delete row.labels[column.name];
    if (column.kind === "items") {
      const { codes, unknown } = items(text, this.items);
      row.cells[column.name] = codes;
      if (unknown.length) { row.errors[column.name] = `${this.text.unknown} ${unknown.join(this.text.comma)}`; return; }
    } else if (column.kind === "select") row.cells[column.name] = choice(text, column.choices) ?? text;
    else row.cells[column.name] = column.kind === "citizen_id" ? text.replace(/\s/g, "").toUpperCase() : text;
    this.judge(row, column);
  }

  remember() { this.kept = this.rows.map((row) => ({ ...row, cells: { ...row.cells }, errors: { ...row.errors } })); }

  paste(text, n, at) {
    const pasted = table(text);
    if (!pasted.length) return;
    this.remember();
    const { map, from } = layout(pasted, this.columns, at);
    const wanted = pasted.slice(from);
    const room = this.most - n;
    const fits = wanted.slice(0, room);
    fits.forEach((cells, down) => {
      const row = (this.rows[n + down] ??= this.blank());
      cells.forEach((cell, across) => {
        const column = this.columns[map[across]];
        if (column && !column.readonly) this.put(row, column, cell);
      });
    });
    for (const row of this.rows.slice(n, n + fits.length)) for (const column of this.columns) if (column.required && !row.cells[column.name]?.length) this.judge(row, column);
    this.heights.length = 0;
    this.redraw();
    const over = wanted.length - fits.length;
    this.tell(over > 0 ? `${this.text.too_many} ${over}` : this.text.pasted.replace("{n}", fits.length), true);
    this.changed();
  }

  redraw() { for (const it of this.body.children) it.stale = true; this.draw(); }

  wrong() { return this.rows.reduce((sum, row) => sum + (this.isEmpty(row) ? 0 : Object.keys(row.errors).length), 0); }

  tell(message = "", undo = false) {
    const filled = this.rows.filter((row) => !this.isEmpty(row)).length;
    const wrong = this.wrong();
    const parts = [message, this.text.filled.replace("{n}", filled.toLocaleString())].filter(Boolean).join(" · ");
    this.status.replaceChildren(document.createTextNode(parts));
    const offer = (text, act) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-quiet btn-sm";
      button.textContent = text;
      button.addEventListener("click", act);
      this.status.append(" ", button);
    };
    if (undo && this.kept) offer(this.text.undo, () => { this.rows = this.kept; this.kept = null; this.heights.length = 0; this.redraw(); this.tell(); this.changed(); });
    if (wrong) offer(this.text.errors.replace("{n}", wrong), () => this.nextError());
    this.root.dispatchEvent(new CustomEvent("lines:change", { bubbles: true, detail: { filled, wrong } }));
  }

  nextError() {
    const here = document.activeElement?.closest?.("tr[data-n]");
    const start = here ? +here.dataset.n : this.lastError ?? -1;
    const order = this.rows.map((_, n) => (start + 1 + n) % this.rows.length);
    const n = order.find((it) => !this.isEmpty(this.rows[it]) && Object.keys(this.rows[it].errors).length);
    if (n === undefined) return;
    this.lastError = n;
    this.go(n, Object.keys(this.rows[n].errors).find(Boolean) ?? this.columns[0].name);
  }

  go(n, name) {
    if (n < 0 || n >= this.rows.length) return;
    if (this.windowed) {
      let y = 0;
      for (let it = 0; it < n; it += 1) y += this.heights[it] ?? ROW;
      if (y < this.view.scrollTop || y + 2 * ROW > this.view.scrollTop + this.view.clientHeight) this.view.scrollTop = Math.max(0, y - this.view.clientHeight / 2);
      this.draw();
    }
    const cell = document.getElementById(`lines-${n}-${name}`);
    cell?.scrollIntoView({ block: "nearest", inline: "nearest" });
    cell?.focus();
    cell?.select?.();
  }

  add(focus = true) {
    if (this.rows.length >= this.most) { this.tell(`${this.text.too_many} ${this.rows.length + 1}`); return; }
    this.rows.push(this.blank());
    this.draw();
    this.tell();
    if (focus) this.go(this.rows.length - 1, this.columns[0].name);
  }

  remove(n) {
    this.remember();
    this.rows.splice(n, 1);
    this.heights.length = 0;
    if (!this.rows.length) this.rows.push(this.blank());
    this.redraw();
    this.tell(this.text.removed, true);
    this.changed();
    this.go(Math.min(n, this.rows.length - 1), this.columns[0].name);
  }

  changed() { this.form.dispatchEvent(new Event("input", { bubbles: true })); }

  where(target) {
    const line = target.closest?.("tr[data-n]");
    if (!line) return null;
    const name = target.dataset.column ?? target.closest("[data-column]")?.dataset.column ?? target.closest("td")?.querySelector("[data-column]")?.dataset.column;
    return { n: +line.dataset.n, row: line.row, line, at: this.columns.findIndex((it) => it.name === name) };
  }

  refreshCell(place) {
    const column = this.columns[place.at];
    const cell = place.line.cells[place.at + 1];
    const control = document.getElementById(`lines-${place.n}-${column.name}`);
    cell.querySelectorAll(".cell-error, .cell-remark").forEach((it) => it.remove());
    cell.classList.remove("has-error");
    const wrong = place.row.errors[column.name];
    if (wrong) { control?.setAttribute("aria-invalid", "true"); control?.setAttribute("aria-describedby", `${control.id}-error`); }
    else { control?.removeAttribute("aria-invalid"); control?.removeAttribute("aria-describedby"); }
    notes(this, cell, place.row, place.n, column.name);
    if (this.windowed) this.heights[place.n] = place.line.offsetHeight;
  }

  // What the record says of who was picked; cells that are typed begin with what it offers and keep what is there.
  showRecord(row, { cells = {}, first = {} }) {
    for (const column of this.columns) {
      if (column.readonly) row.cells[column.name] = cells[column.name];
      else if (column.name in first && !row.cells[column.name]?.length) row.cells[column.name] = first[column.name];
    }
    const line = [...this.body.querySelectorAll("tr[data-n]")].find((it) => it.row === row);
    this.columns.forEach((column, at) => {
      const it = line?.cells[at + 1].querySelector("output, .items-cell");
      if (it?.matches("output")) sayRecord(this, it, row, column);
      else if (it) sayItems(this, it, row, +line.dataset.n, column);
    });
  }

  async pick(place, button) {
    const column = this.columns[place.at];
    const answer = await chooseItems({ items: this.items, posts: this.data.posts ?? [] }, place.row.cells[column.name] ?? [], this.text, `${column.label} · ${place.row.cells[this.columns[0].name] || `${this.text.line} ${place.n + 1}`}`);
    if (!answer) { button.focus(); return; }
    if (answer.all) {
      this.remember();
      for (const row of this.rows) if (row === place.row || !this.isEmpty(row)) { row.cells[column.name] = [...answer.codes]; this.judge(row, column); }
      this.redraw();
    } else {
      place.row.cells[column.name] = answer.codes;
      this.judge(place.row, column);
      sayItems(this, button, place.row, place.n, column);
      this.refreshCell(place);
    }
    this.tell("", answer.all);
    this.changed();
    document.getElementById(`lines-${place.n}-${column.name}`)?.focus();
  }

  listen() {
    this.view.addEventListener("scroll", () => {
      if (!this.windowed || this.frame) return;
      this.frame = requestAnimationFrame(() => { this.frame = 0; this.draw(); });
    }, { passive: true });
    this.body.addEventListener("input", (event) => {
      const place = this.where(event.target);
      if (!place || place.at < 0 || !event.target.dataset.column) return;
      place.row.cells[this.columns[place.at].name] = event.target.value;
    });
    this.body.addEventListener("change", (event) => {
      const place = this.where(event.target);
      if (!place || place.at < 0 || !event.target.dataset.column) return;
      const column = this.columns[place.at];
      if (column.kind === "picker") {
        place.row.cells[column.name] = event.target.value;
        place.row.labels[column.name] = event.target.selectedOptions[0]?.textContent ?? "";
        this.showRecord(place.row, event.target.selectedOptions[0]?.found ?? {});
      } else if (column.kind === "citizen_id") {
        event.target.value = event.target.value.replace(/\s/g, "").toUpperCase();
        place.row.cells[column.name] = event.target.value;
      }
      delete place.row.errors[""];
      this.judge(place.row, column);
      this.refreshCell(place);
      this.tell();
    });
    this.body.addEventListener("click", (event) => {
      const place = this.where(event.target);
      if (!place) return;
      if (event.target.closest("[data-remove]")) this.remove(place.n);
      else if (event.target.closest(".items-cell")) this.pick(place, event.target.closest(".items-cell"));
    });
    this.body.addEventListener("paste", (event) => {
      const place = this.where(event.target);
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (!place || place.at < 0 || !/[\t\n]/.test(text.replace(/\r?\n$/, ""))) return;
      event.preventDefault();
      this.paste(text, place.n, place.at);
    });
    this.body.addEventListener("keydown", (event) => this.steer(event));
    this.root.querySelector("[data-lines-add]").addEventListener("click", () => this.add());
    this.form.addEventListener("formdata", (event) => this.send(event.formData));
    document.addEventListener("click", (event) => {
      const link = event.target.closest?.('a[href^="#lines-"]');
      const [, n, name] = link?.hash.match(/^#lines-(\d+)-(.+)$/) ?? [];
      if (n === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      this.go(+n, name);
    }, true);
  }

  steer(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const place = this.where(event.target);
    if (!place || place.at < 0) return;
    const name = this.columns[place.at].name;
    const field = event.target;
    const text = field.tagName === "INPUT";
    const move = (n, column) => { event.preventDefault(); this.go(n, column); };
    if (event.key === "Enter" && text) {
      event.preventDefault();
      if (place.n === this.rows.length - 1) this.add(); else this.go(place.n + 1, name);
    } else if (event.key === "ArrowDown" && field.tagName !== "SELECT") move(place.n + 1, name);
    else if (event.key === "ArrowUp" && field.tagName !== "SELECT") move(place.n - 1, name);
    else if (event.key === "ArrowRight" && (!text || field.selectionStart === field.value.length) && field.tagName !== "SELECT" && this.beside(place.at, 1)) move(place.n, this.beside(place.at, 1));
    else if (event.key === "ArrowLeft" && (!text || field.selectionEnd === 0) && field.tagName !== "SELECT" && this.beside(place.at, -1)) move(place.n, this.beside(place.at, -1));
  }

  // The next column that takes what one types, to the right or to the left.
  beside(at, way) {
    let next = at + way;
    while (this.columns[next]?.readonly) next += way;
    return this.columns[next]?.name;
  }

  send(data) {
    const full = this.rows.filter((row) => !this.isEmpty(row));
    data.append("lines-count", String(full.length));
    full.forEach((row, n) => {
      data.append(`lines-${n}-id`, row.id);
      for (const column of this.columns) {
        if (column.readonly) continue;
        const value = row.cells[column.name];
        if (Array.isArray(value)) value.forEach((it) => data.append(`lines-${n}-${column.name}`, it));
        else data.append(`lines-${n}-${column.name}`, value ?? "");
      }
    });
    this.sent = full;
  }

  // After a save the stored ids come back in the order in which the lines were sent, with what the record says.
  stored(ids, rows = []) {
    ids.forEach((id, n) => {
      const row = this.sent?.[n];
      if (!row) return;
      row.id = String(id);
      if (rows[n]) this.showRecord(row, rows[n]);
      Object.assign(row.labels, rows[n]?.labels);
    });
  }
}

document.querySelectorAll("[data-lines]").forEach((root) => { root.lines = new Lines(root); });

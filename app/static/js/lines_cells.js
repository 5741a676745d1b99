// Drawing one row of the line editor.
import { enhance } from "./picker.js";

export function drawRow(editor, n) {
  const row = editor.rows[n];
  const line = document.createElement("tr");
  line.row = row;
  line.dataset.n = String(n);
  const count = line.insertCell();
  count.className = "line-number num";
  count.textContent = String(n + 1);
  for (const column of editor.columns) {
    const cell = line.insertCell();
    cell.className = `is-${column.size ?? "m"}`;
    cell.dataset.label = column.label;
    cell.append(control(editor, row, n, column));
    notes(editor, cell, row, n, column.name);
  }
  const tools = line.insertCell();
  tools.className = "line-tools";
  const remove = document.createElement("button");
  remove.type = "button";
  remove.className = "btn-icon";
  remove.textContent = "×";
  remove.dataset.remove = "";
  remove.setAttribute("aria-label", `${editor.text.remove} ${n + 1}`);
  tools.append(remove);
  if (row.errors[""] || row.remarks[""]) notes(editor, line.cells[1], row, n, "");
  return line;
}

function control(editor, row, n, column) {
  const value = row.cells[column.name] ?? "";
  const name = `${column.label} ${n + 1}`;
  let it;
  if (column.readonly) {
    it = document.createElement("output");
    it.className = "line-note";
    sayRecord(editor, it, row, column);
  } else if (column.kind === "items") {
    it = document.createElement("button");
    it.type = "button";
    it.className = "items-cell";
    it.setAttribute("aria-haspopup", "dialog");
    sayItems(editor, it, row, n, column);
  } else if (column.kind === "select") {
    it = document.createElement("select");
    it.className = "form-select";
    it.append(new Option("", ""), ...column.choices.map((known) => new Option(known.label, known.value, false, known.value === value)));
  } else if (column.kind === "picker") {
    it = document.createElement("select");
    Object.assign(it.dataset, { pickerUrl: column.picker_url ?? editor.data.picker_url, pickerHint: column.placeholder ?? "", pickerNone: editor.text.nothing, pickerMore: editor.text.more, pickerClear: editor.text.clear });
    it.append(new Option("", ""));
    if (value) it.append(new Option(row.labels[column.name] ?? value, value, true, true));
  } else {
    it = document.createElement("input");
    it.className = `form-control${column.kind === "citizen_id" ? " num" : ""}`;
    it.type = column.kind === "date" ? "date" : "text";
    it.value = value;
    it.autocomplete = "off";
    it.spellcheck = false;
    if (column.maxlength) it.maxLength = column.maxlength;
    if (column.placeholder) it.placeholder = column.placeholder;
  }
  it.id = `lines-${n}-${column.name}`;
  it.dataset.column = column.name;
  if (column.kind !== "items") it.setAttribute("aria-label", name);
  if (row.errors[column.name]) { it.setAttribute("aria-invalid", "true"); it.setAttribute("aria-describedby", `${it.id}-error`); }
  if (column.kind !== "picker") return it;
  const box = document.createElement("div");
  box.append(it);
  enhance(it);
  return box;
}

// What the record says of the person on this line; a dash until somebody is named.
export function sayRecord(editor, it, row, column) {
  const value = row.cells[column.name] ?? "";
  const said = Array.isArray(value) ? value.map((code) => editor.names.get(code) ?? code).join(editor.text.comma) : value;
  it.textContent = said || "–";
  it.classList.toggle("is-empty", !said);
  it.title = said;
}

export function sayItems(editor, button, row, n, column) {
  const codes = row.cells[column.name] ?? [];
  const names = codes.map((code) => editor.names.get(code) ?? code);
  button.textContent = names.length ? names.join(editor.text.comma) : editor.text.choose;
  button.classList.toggle("is-empty", !names.length);
  button.title = names.join("\n");
  button.setAttribute("aria-label", `${column.label} ${n + 1}: ${names.join(editor.text.comma) || editor.text.none}`);
}

export function notes(editor, cell, row, n, name) {
  const add = (kind, text) => {
    const note = document.createElement("p");
    note.className = kind;
    note.id = `lines-${n}-${name}-${kind === "cell-error" ? "error" : "remark"}`;
    note.textContent = text;
    cell.append(note);
  };
  if (row.errors[name]) { cell.classList.add("has-error"); add("cell-error", row.errors[name]); }
  if (row.remarks[name]) add("cell-remark", `${editor.text.remark} ${row.remarks[name]}`);
}

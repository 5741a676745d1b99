// Reading what Excel puts on the clipboard, and judging cells. Pure functions for lines.js.

// Tab-separated text with Excel's quoting: "a ""b"" c" may hold tabs and line breaks.
export function table(text) {
  const rows = [[]];
  let cell = "";
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (quoted) {
      if (sign === '"' && text[at + 1] === '"') { cell += '"'; at += 1; } else if (sign === '"') quoted = false;
      else cell += sign;
    } else if (sign === '"' && cell === "") quoted = true;
    else if (sign === "\t" || sign === "\n") {
      rows.at(-1).push(cell.trim());
      cell = "";
      if (sign === "\n") rows.push([]);
    } else if (sign !== "\r") cell += sign;
  }
  rows.at(-1).push(cell.trim());
  return rows.filter((row) => row.some(Boolean));
}

const bare = (text) => String(text).toLowerCase().replace(/[\s（）()：:、，,.。]/g, "");

// Which column each pasted cell belongs to, and where the data begin: a heading row is understood and left out,
// a leading number column (序号) too.
export function layout(rows, columns, start) {
  const heads = rows[0].map((text) => columns.findIndex((it) => text && (bare(it.label) === bare(text) || it.name === text)));
  if (heads.filter((it) => it >= 0).length >= Math.min(2, columns.length)) return { map: heads, from: 1 };
  const counted = rows.every((row) => row.length > columns.length - start && /^\d{1,4}$/.test(row[0])) && ["text", "picker"].includes(columns[start].kind);
  const shift = counted ? 1 : 0;
  return { map: rows[0].map((_, at) => (at < shift || start + at - shift >= columns.length ? -1 : start + at - shift)), from: 0 };
}

export function choice(text, choices) {
  const wanted = bare(text);
  return choices.find((it) => bare(it.value) === wanted || bare(it.label) === wanted)?.value;
}

// Codes or names of permissions in one cell, separated by commas, semicolons or line breaks.
export function items(text, choices) {
  const codes = [];
  const unknown = [];
  for (const part of String(text).split(/[,，;；、\n|]+/).map((it) => it.trim()).filter(Boolean)) {
    const hit = choices.find((it) => bare(it.code) === bare(part) || bare(it.label) === bare(part));
    if (!hit) unknown.push(part);
    else if (!codes.includes(hit.code)) codes.push(hit.code);
  }
  return { codes, unknown };
}

const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

// The name of what is wrong with a citizen ID, or "". The server judges again.
export function citizenId(text) {
  const value = text.toUpperCase();
  if (!/^(\d{15}|\d{17}[\dX])$/.test(value)) return "id_length";
  const birth = value.length === 15 ? `19${value.slice(6, 12)}` : value.slice(6, 14);
  const day = new Date(Date.UTC(+birth.slice(0, 4), +birth.slice(4, 6) - 1, +birth.slice(6)));
  if (day.getUTCMonth() !== +birth.slice(4, 6) - 1 || day.getUTCDate() !== +birth.slice(6) || day > new Date()) return "id_date";
  if (value.length === 15) return "";
  const sum = weights.reduce((total, weight, at) => total + weight * +value[at], 0);
  return "10X98765432"[sum % 11] === value[17] ? "" : "id_check";
}

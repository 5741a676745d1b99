// Papers: dropped, chosen or photographed, sent one by one with progress, previewed. Contract: macros/papers.html.
import { during } from "./pending.js";
import { token } from "./token.js";

const size = (bytes) => (bytes < 1048576 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1048576).toFixed(1)} MB`);

function line(zone, name) {
  const item = document.createElement("li");
  const file = document.createElement("a");
  const title = document.createElement("span");
  const bar = document.createElement("progress");
  file.className = "file";
  title.className = "file-name";
  title.textContent = name;
  file.append(title);
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", `${zone.dataset.textSending} ${name}`);
  item.append(file, bar);
  zone.querySelector("[data-files]").append(item);
  return { item, file, bar };
}

function remover(zone, item, url, name) {
  const button = document.createElement("button");
  button.className = "btn-icon";
  button.type = "submit";
  button.setAttribute("form", "post");
  button.setAttribute("formaction", url);
  button.setAttribute("aria-label", `${zone.dataset.textRemove} ${name}`);
  button.textContent = "×";
  item.append(button);
}

// The list of what is lacking, further down the page, loses what has come in.
function here(zone) {
  const line = document.querySelector(`.note a[href="#${CSS.escape(zone.id)}"]`)?.closest("li");
  const note = line?.closest(".note");
  line?.remove();
  if (note && !note.querySelector("li")) note.remove();
}

function send(zone, file) {
  const say = (text) => { zone.querySelector("[data-drop-status]").textContent = text; };
  const most = Number(zone.dataset.maxBytes);
  if (most && file.size > most) { say(`${file.name}: ${zone.dataset.textLarge}`); return Promise.resolve(); }
  const shown = line(zone, file.name);
  if (file.type.startsWith("image/") && file.type !== "image/tiff") {
    const image = document.createElement("img");
    image.alt = "";
    image.src = URL.createObjectURL(file);
    image.onload = () => URL.revokeObjectURL(image.src);
    shown.file.prepend(image);
  }
  const data = new FormData();
  data.append("file", file);
  data.append("paper_code", zone.dataset.paperCode);
  if (zone.dataset.lineId) data.append("line_id", zone.dataset.lineId);
  say(`${zone.dataset.textSending} ${file.name}`);
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    const fail = (message) => { shown.item.remove(); say(`${file.name}: ${message || zone.dataset.textFailed}`); done(); };
    request.open("POST", zone.dataset.url);
    request.setRequestHeader("X-CSRFToken", token());
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) shown.bar.value = event.loaded / event.total; });
    request.addEventListener("error", () => fail());
    request.addEventListener("load", () => {
      let body = {};
      try { body = JSON.parse(request.responseText); } catch { /* not our answer */ }
      if (request.status >= 400 || !body.id) { fail(body.details?.[0]?.message || body.message); return; }
      shown.bar.remove();
      shown.file.href = body.view_url || body.url;
      shown.file.target = "_blank";
      const note = document.createElement("span");
      note.className = "quiet num";
      note.textContent = body.size || size(file.size);
      shown.file.append(note);
      if (body.delete_url) remover(zone, shown.item, body.delete_url, file.name);
      zone.classList.remove("is-lacking");
      zone.querySelector("[data-lacking]")?.remove();
      here(zone);
      say(`${zone.dataset.textDone} ${file.name}`);
      done();
    });
    request.send(data);
  });
}

async function sendAll(zone, files) {
  for (const file of files) await send(zone, file); // one after the other: order and line speed are kept
}

const take = (zone, files) => during(sendAll(zone, files));

document.querySelectorAll("[data-dropfiles]").forEach((zone) => {
  const input = zone.querySelector("input[type=file]");
  input.removeAttribute("name");
  const chosen = () => { take(zone, [...input.files]); input.value = ""; };
  if (input.files.length) chosen(); // before this script was there
  input.addEventListener("change", (event) => { event.stopPropagation(); chosen(); });
  input.addEventListener("input", (event) => event.stopPropagation());
  zone.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("is-over"); });
  zone.addEventListener("dragleave", (event) => { if (!zone.contains(event.relatedTarget)) zone.classList.remove("is-over"); });
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("is-over");
    take(zone, [...event.dataTransfer.files]);
  });
  zone.addEventListener("paste", (event) => { if (event.clipboardData.files.length) take(zone, [...event.clipboardData.files]); });
});

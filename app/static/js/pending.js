// Work that goes on while somebody moves on: a form that is sent waits until it is done.
const under = new Set();
let waiting = false;

// Name work that a form must not overtake: a save that is on its way, a file, a scanned line.
export function during(work) {
  under.add(work);
  const end = () => under.delete(work);
  work.then(end, end);
  return work;
}

document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  if (!under.size || form.method !== "post") return;
  event.preventDefault();
  event.stopPropagation();
  if (waiting) return;
  waiting = true;
  document.getElementById("work-line").hidden = false;
  while (under.size) await Promise.allSettled(under);
  waiting = false;
  form.requestSubmit(submitter);
}, true);

// A run under way: asks how far it is every two seconds, and opens the page anew when it has ended.
const box = document.querySelector("[data-progress][data-under-way]");

const ask = async () => {
  let told;
  try {
    const answer = await fetch(box.dataset.progress, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    told = await answer.json();
  } catch {
    return; // the network is away: the next look may find it back
  }
  if (!told.under_way) {
    location.reload();
    return;
  }
  box.querySelector("[data-progress-label]").textContent = told.label;
  box.querySelector("[data-progress-done]").textContent = told.done.toLocaleString("en");
  if (told.percent !== null) box.querySelector("progress").value = told.percent;
};

if (box) setInterval(ask, 2000);

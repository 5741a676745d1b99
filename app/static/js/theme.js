// Before the first paint: the theme by the reader's choice or the system's wish, the menu as it was left.
(() => {
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const read = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
  const paint = () => {
    const choice = read("keydesk.theme");
    root.dataset.bsTheme = choice === "light" || choice === "dark" ? choice : dark.matches ? "dark" : "light";
  };
  paint();
  dark.addEventListener("change", paint);
  window.addEventListener("keydesk:theme", paint);
  // A button that asks before it acts waits for the script that asks.
  const early = (event) => {
    const button = event.target.closest("button[data-confirm]:not([data-confirm-keys-only])");
    if (!button) return;
    event.preventDefault();
    event.stopPropagation();
    document.addEventListener("DOMContentLoaded", () => button.click(), { once: true });
  };
  document.addEventListener("click", early, true);
  document.addEventListener("DOMContentLoaded", () => document.removeEventListener("click", early, true), { once: true });
  // A page that needs the width starts with the menu folded, unless it was left open on purpose.
  const menu = read("keydesk.menu");
  if (menu === "folded" || (!menu && "dense" in root.dataset && window.innerWidth < 1440)) root.dataset.menu = "folded";
})();

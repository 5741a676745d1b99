// The button on a form laid out for paper; without scripts the browser's own command prints it.
const button = document.getElementById("print");
button.hidden = false;
button.addEventListener("click", () => window.print());

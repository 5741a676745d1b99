// The button over a form shown on paper; without scripts the viewer's own command prints it.
const button = document.querySelector("[data-print-paper]");
const frame = document.getElementById("paper-frame");
if (button && frame) {
  button.hidden = false;
  button.addEventListener("click", () => {
    frame.contentWindow.focus();
    frame.contentWindow.print();
  });
}

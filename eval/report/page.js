"use strict";
// Pointing at a segment anywhere dims the others everywhere; a click keeps it so.
(() => {
  const body = document.body, buttons = [...document.querySelectorAll(".legend button")];
  let kept = "";
  const show = s => {
    if (s) body.dataset.on = s; else delete body.dataset.on;
  };
  const of = e => { const t = e.target.closest ? e.target.closest("[data-s]") : null; return t ? t.dataset.s : ""; };
  document.addEventListener("pointerover", e => show(of(e) || kept));
  document.addEventListener("focusin", e => show(of(e) || kept));
  document.addEventListener("click", e => {
    const s = of(e);
    if (!s) return;
    kept = kept === s ? "" : s;
    buttons.forEach(b => b.setAttribute("aria-pressed", String(b.dataset.s === kept)));
    show(kept);
  });
  document.addEventListener("keydown", e => {
    if (e.key !== "Escape") return;
    kept = "";
    buttons.forEach(b => b.setAttribute("aria-pressed", "false"));
    show("");
  });
})();

"use strict";
// What every page does by itself: layers over an image, marks that lead somewhere, and the search box.

document.addEventListener("DOMContentLoaded", () => {
  const view = document.getElementById("view"), whole = document.querySelector("[data-whole]");
  const fit = () => view.setAttribute("viewBox", whole.checked ? view.dataset.figure : view.dataset.panel);
  if (whole) whole.addEventListener("change", fit);
  for (const box of document.querySelectorAll("[data-shows]")) {
    const show = () => {
      for (const layer of document.querySelectorAll(`[data-layer="${box.dataset.shows}"]`)) layer.toggleAttribute("hidden", !box.checked);
      // The boxes of the other panels lie outside of this one.
      if (box.dataset.shows === "panels" && box.checked && !whole.checked) { whole.checked = true; fit(); }
    };
    box.addEventListener("change", show);
    show();
  }
  for (const form of document.querySelectorAll("form[data-sends]")) form.addEventListener("change", () => form.requestSubmit());
  for (const details of document.querySelectorAll("details[data-load]")) details.addEventListener("toggle", async () => {
    const place = details.querySelector(".examples");
    if (!details.open || place.childElementCount) return;
    const answer = await fetch(details.dataset.load);
    // Every text in it was escaped by the server.
    if (answer.ok) place.innerHTML = await answer.text(); else place.textContent = `The server does not answer (${answer.status}).`;
  });
  // An image to compare with goes as it is, and the answer is a whole page.
  const compare = async (event) => {
    const [file] = event.target.files;
    if (!file) return;
    const answer = await fetch("/search/image", { method: "POST", body: file, headers: { "Content-Type": "application/octet-stream" } });
    const found = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
    document.querySelector("main").replaceWith(found);
    found.querySelector("#by-image input")?.addEventListener("change", compare);
  };
  document.querySelector("#by-image input")?.addEventListener("change", compare);
  document.addEventListener("click", (event) => {
    const mark = event.target.closest("mark[data-to]");
    if (mark && !String(getSelection())) location.href = mark.dataset.to;
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=checkbox]), select, textarea")) return;
    if (event.key === "/") {
      const box = document.querySelector(".find input");
      if (box) { event.preventDefault(); box.focus(); box.select(); }
    } else if (event.key === "w" && whole) {
      whole.checked = !whole.checked;
      fit();
    }
  });
});

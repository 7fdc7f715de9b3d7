"use strict";
// Review by keyboard: a accepts, r asks why and rejects, c opens the correction, u takes back, j k n move.

document.addEventListener("DOMContentLoaded", () => {
  const id = (name) => document.getElementById(name);
  const reason = document.querySelector("#reject select"), correct = id("correct"), opener = id("open-correct");
  let sent = false;
  // One judgement a page: a key that is held down must not speak for the item that comes next.
  const send = (form) => { if (form && !sent && form.reportValidity()) { sent = true; form.requestSubmit(); } };
  for (const form of document.querySelectorAll(".judge form")) form.addEventListener("submit", (event) => { if (form.dataset.sent) event.preventDefault(); form.dataset.sent = "1"; });
  const open = () => {
    if (!correct) return;
    correct.hidden = false;
    opener.setAttribute("aria-expanded", "true");
    correct.querySelector("select, input:not([type=hidden]), textarea").focus();
  };
  if (opener) opener.addEventListener("click", open);
  const keys = {
    a: () => send(id("accept")), r: () => reason?.focus(), c: open, u: () => send(id("undo")),
    j: () => id("after")?.click(), k: () => id("before")?.click(), n: () => id("open")?.click(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target === reason) {
      // The reasons that are offered first have a number.
      if (/^[1-9]$/.test(event.key) && reason.options[Number(event.key)]) { event.preventDefault(); reason.selectedIndex = Number(event.key); send(id("reject")); }
      else if (event.key === "Enter") { event.preventDefault(); send(id("reject")); }
      else if (event.key === "Escape") reason.blur();
      return;
    }
    if (event.key === "Escape") { document.activeElement.blur(); if (correct) { correct.hidden = true; opener.setAttribute("aria-expanded", "false"); } return; }
    if (event.target.closest("input, select, textarea") || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  const take = id("take"), caption = id("caption");
  if (take) take.addEventListener("click", () => {
    const chosen = getSelection();
    if (!chosen.rangeCount || !caption.contains(chosen.anchorNode) || chosen.isCollapsed) return;
    const range = chosen.getRangeAt(0), text = caption.firstChild.data;
    // Offsets of the engine count characters, those of a browser halves of surrogate pairs.
    const at = (offset) => [...text.slice(0, offset)].length;
    const box = correct.elements.spans, span = `${at(range.startOffset)}-${at(range.endOffset)}`;
    box.value = box.value ? `${box.value}, ${span}` : span;
  });
  const node = correct && correct.elements.node;
  let waiting = 0;
  if (node) node.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const answer = await fetch(`/tree/find?${new URLSearchParams({ q: node.value })}`);
      if (!answer.ok) return;
      id("nodes").replaceChildren(...(await answer.json()).map((row) => Object.assign(document.createElement("option"), { value: row.name })));
    }, 150);
  });
  document.documentElement.dataset.ready = "1";
});

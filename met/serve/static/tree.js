"use strict";
// The tree of the server: children are asked for when a node is opened. Layout and curves are those of plot.js.

document.addEventListener("DOMContentLoaded", async () => {
  const id = (name) => document.getElementById(name);
  const svg = id("plot"), page = id("drawing"), box = id("search"), hits = id("hits"), about = id("about");
  // The arrays that plot.js lays out. `children[i]` has a place for every child; those not asked for yet are undefined.
  const tree = { n: 0, keys: [], names: [], parent: [], depth: [], children: [], rows: [], under: {} };
  const numbers = new Map();
  const state = { shown: new Map(), pinned: new Map() };
  let rows = [], selected = -1, view = { x: 40, y: 40, scale: 1 };
  const LOADED = 50;
  const pen = document.createElement("canvas").getContext("2d"), widths = new Map();
  pen.font = "14px system-ui, sans-serif";
  const width = (text) => widths.get(text) ?? widths.set(text, pen.measureText(text).width).get(text);
  const many = (number, what) => `${counted(number)} ${what}${number === 1 ? "" : "s"}`;
  const below = (own) => [own.pairs ? many(own.pairs, "pair") : "", own.below ? counted(own.below) : "", own.others?.length ? `+${many(own.others.length, "parent")}` : ""].filter(Boolean).join(" · ");
  /** Where the words of a row end, in pixels behind its mark. */
  const end = (own) => 20 + width(cut(own.name, LABEL)) + (below(own) ? 9 + 0.88 * width(below(own)) : 0);

  const ask = async (path, query) => {
    const answer = await fetch(`${path}?${new URLSearchParams(query)}`, { headers: { Accept: "application/json" } });
    if (!answer.ok) { await answer.text(); throw new Error(`${answer.status}`); }
    return answer;
  };
  const failed = (error) => { about.replaceChildren(Object.assign(document.createElement("p"), { className: "notice", textContent: `The server does not answer (${error.message}).` })); };

  /** Return the number of a node, which is new or known, under a parent. */
  const add = (row, parent) => {
    let i = numbers.get(row.key);
    if (i === undefined) {
      i = tree.n++;
      numbers.set(row.key, i);
      tree.children.push([]);
    }
    tree.keys[i] = row.key;
    tree.names[i] = row.name;
    tree.parent[i] = parent;
    tree.depth[i] = parent < 0 ? 0 : tree.depth[parent] + 1;
    tree.rows[i] = { ...tree.rows[i], ...row, others: row.others && row.others.length ? row.others : (tree.rows[i]?.others || []) };
    const count = typeof row.children === "number" ? row.children : row.children.length;
    if (tree.children[i].length < count) tree.children[i].length = count;
    return i;
  };
  /** The first `count` children of a node are there. */
  const load = async (i, count) => {
    const own = tree.children[i], wanted = Math.min(count, own.length);
    for (let at = 0; at < wanted; at += LOADED) {
      const part = own.slice(at, Math.min(at + LOADED, own.length));
      let missing = false;
      for (let place = at; place < Math.min(at + LOADED, wanted); place++) missing ||= own[place] === undefined;
      if (!part.length || !missing) continue;
      const found = await (await ask("/tree/children", { node: tree.keys[i], offset: at })).json();
      found.forEach((row, place) => { own[at + place] = add(row, i); });
    }
  };
  const draw = () => { rows = layout(tree, state); paint(); };
  const rowOf = (i) => rows.find((row) => row.i === i);

  /** Return the drawing of all rows: names of the store become text by way of `escaped`. */
  const paint = () => {
    const lines = [], marks = [], at = new Map(rows.filter((row) => row.more === undefined).map((row) => [row.i, row]));
    const top = -view.y / view.scale - 400, bottom = top + svg.clientHeight / view.scale + 800;
    const seen = (row) => row.y >= top && row.y <= bottom;
    for (const row of rows) {
      const x = row.depth * COLUMN;
      for (const child of row.below) {
        if (!seen(child) && !seen(row)) continue;
        const from = x + end(tree.rows[row.i]) + 6, to = x + COLUMN - 14, middle = Math.max(from + 8, (from + to) / 2);
        const kind = child.more === undefined ? tree.rows[child.i].kind || "is_a" : "is_a";
        lines.push(`<path class="link ${escaped(kind)}" d="M${Math.min(from, to - 12)} ${row.y}C${middle} ${row.y} ${middle} ${child.y} ${to} ${child.y}"/>`);
      }
      if (!seen(row)) continue;
      if (row.more !== undefined) {
        marks.push(`<g class="more" data-more="${row.more}" transform="translate(${x} ${row.y})"><text x="-8" y="5">… ${counted(row.left)} more</text></g>`);
        continue;
      }
      const i = row.i, own = tree.rows[i], more = tree.children[i].length, open = row.below.length > 0;
      for (const other of own.others || []) {
        const there = at.get(numbers.get(other));
        if (there) lines.push(`<path class="other" d="M${x - 12} ${row.y}C${x - 90} ${row.y} ${there.depth * COLUMN + 60} ${there.y + 60} ${there.depth * COLUMN + 20} ${there.y + 12}"/>`);
      }
      const sub = below(own);
      const r = more ? 7 + Math.min(4, Math.log10(own.below + 1)) : 5;
      marks.push(
        `<g class="node${i === selected ? " selected" : ""}" id="n${i}" data-i="${i}" role="treeitem" aria-level="${row.depth + 1}" aria-selected="${i === selected}"` +
        `${more ? ` aria-expanded="${open}"` : ""} aria-label="${escaped(own.name)}, ${counted(own.pairs)} pairs, ${counted(own.below)} below it" transform="translate(${x} ${row.y})">` +
        `<rect class="band" x="-14" y="-13" width="${(end(own) + 22).toFixed(1)}" height="26" rx="13"/>` +
        `<circle class="c${own.colour || 0}" r="${r}"/>${more ? `<path class="sign t${own.colour || 0}" d="M-3.5 0H3.5${open ? "" : "M0 -3.5V3.5"}"/>` : ""}` +
        `<text x="16" y="5"><tspan class="name">${escaped(cut(own.name, LABEL))}</tspan>${sub ? `<tspan class="sub" dx="7">${sub}</tspan>` : ""}</text><title>${escaped(cut(own.name, 200))}</title></g>`,
      );
    }
    page.innerHTML = lines.join("") + marks.join("");
    page.setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.scale})`);
    if (selected >= 0) svg.setAttribute("aria-activedescendant", `n${selected}`);
  };
  const see = (i) => {
    const row = rowOf(i);
    if (!row) return;
    const x = view.x + row.depth * COLUMN * view.scale, y = view.y + row.y * view.scale;
    if (x < 20 || x > svg.clientWidth - 240 * view.scale) view.x += svg.clientWidth * 0.35 - x;
    if (y < 40 || y > svg.clientHeight - 40) view.y += svg.clientHeight / 2 - y;
    paint();
  };
  const zoom = (factor, x = svg.clientWidth / 2, y = svg.clientHeight / 2) => {
    const scale = Math.max(0.1, Math.min(3, view.scale * factor)), by = scale / view.scale;
    view = { x: x - (x - view.x) * by, y: y - (y - view.y) * by, scale };
    paint();
  };
  const fit = () => {
    const across = COLUMN * (1.1 + Math.max(0, ...rows.map((row) => row.depth))), high = Math.max(0, ...rows.map((row) => row.y)) + ROW;
    view.scale = Math.max(0.1, Math.min(1.1, (svg.clientWidth - 40) / across, (svg.clientHeight - 40) / high));
    view.x = 30;
    view.y = Math.max(24, (svg.clientHeight - high * view.scale) / 2);
    paint();
  };
  let asked = 0;
  const select = async (i) => {
    selected = i;
    paint();
    const key = tree.keys[i], mine = ++asked;
    if (!key) { history.replaceState(null, "", "/tree"); about.replaceChildren(); return; }
    history.replaceState(null, "", `/tree?node=${encodeURIComponent(key)}`);
    const found = await (await ask("/tree/about", { node: key })).text();
    // Every text in it was escaped by the server.
    if (mine === asked) about.innerHTML = found;
  };
  const toggle = async (i, open = !state.shown.has(i)) => {
    if (i < 0 || !tree.children[i].length) return;
    const before = rowOf(i);
    if (open) { await load(i, STEP); state.shown.set(i, STEP); } else { state.shown.delete(i); state.pinned.delete(i); }
    rows = layout(tree, state);
    if (before) view.y -= (rowOf(i).y - before.y) * view.scale;
    paint();
  };
  const more = async (i) => {
    const shown = state.shown.get(i) + LOADED;
    await load(i, shown);
    state.shown.set(i, shown);
    draw();
  };
  /** Open every node above one, so that it is drawn beside a few of its siblings. */
  const go = async (key) => {
    const way = await (await ask("/tree/way", { node: key })).json();
    let parent = 0;
    for (const row of way) {
      await load(parent, FEW);
      let i = numbers.get(row.key);
      if (i === undefined) {
        i = add(row, parent);
        const own = tree.children[parent];
        own[own.length - 1] = i;
      }
      if (!state.shown.has(parent)) state.shown.set(parent, FEW);
      state.pinned.set(parent, i);
      parent = i;
    }
    draw();
    await select(parent);
    see(parent);
  };
  const step = (by) => {
    const nodes = rows.filter((row) => row.more === undefined), at = nodes.findIndex((row) => row.i === selected);
    const next = nodes[at < 0 ? 0 : Math.max(0, Math.min(nodes.length - 1, at + by))];
    if (next) { select(next.i).catch(failed); see(next.i); }
  };
  const keys = {
    ArrowDown: () => step(1), ArrowUp: () => step(-1), PageDown: () => step(20), PageUp: () => step(-20),
    Home: () => step(-rows.length), End: () => step(rows.length),
    ArrowRight: () => { if (selected >= 0 && tree.children[selected].length && !state.shown.has(selected)) toggle(selected, true).catch(failed); else step(1); },
    ArrowLeft: () => {
      if (selected >= 0 && state.shown.has(selected)) toggle(selected, false).catch(failed);
      else if (selected > 0) { select(tree.parent[selected]).catch(failed); see(tree.parent[selected]); }
    },
    Enter: () => toggle(selected).catch(failed), " ": () => toggle(selected).catch(failed),
    o: () => { if (tree.keys[selected]) location.href = `/node/${encodeURIComponent(tree.keys[selected])}`; },
    "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), 0: fit, f: () => { box.focus(); box.select(); },
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, button, a") || !keys[event.key]) return;
    event.preventDefault();
    svg.focus({ preventScroll: true });
    keys[event.key]();
  });
  let moved = 0;
  svg.addEventListener("click", (event) => {
    const found = event.target.closest("[data-i],[data-more]");
    if (!found || moved > 6) return;
    if (found.dataset.more !== undefined) { more(Number(found.dataset.more)).catch(failed); return; }
    const i = Number(found.dataset.i);
    select(i).catch(failed);
    toggle(i).catch(failed);
  });
  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    const at = svg.getBoundingClientRect();
    zoom(Math.exp(-Math.max(-80, Math.min(80, event.deltaY)) / 300), event.clientX - at.left, event.clientY - at.top);
  }, { passive: false });
  let held = null;
  svg.addEventListener("pointerdown", (event) => { held = event; moved = 0; });
  window.addEventListener("pointermove", (event) => {
    if (!held || !event.buttons) return;
    const dx = event.clientX - held.clientX, dy = event.clientY - held.clientY;
    moved += Math.abs(dx) + Math.abs(dy);
    view.x += dx;
    view.y += dy;
    held = event;
    paint();
  });
  window.addEventListener("pointerup", () => { held = null; });
  window.addEventListener("resize", () => paint());
  about.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-node]");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    go(link.dataset.node).catch(failed);
  });

  let chosen = 0, waiting = 0;
  const choose = (place) => {
    const entries = [...hits.children];
    chosen = Math.max(0, Math.min(entries.length - 1, place));
    entries.forEach((entry, at) => entry.setAttribute("aria-selected", at === chosen));
    if (entries[chosen]) { entries[chosen].scrollIntoView({ block: "nearest" }); box.setAttribute("aria-activedescendant", entries[chosen].id); }
  };
  const find = async () => {
    const text = box.value, found = text.trim() ? await (await ask("/tree/find", { q: text })).json() : [];
    if (text !== box.value) return;
    hits.replaceChildren(...found.map((row, at) => {
      const entry = document.createElement("li"), small = document.createElement("small");
      Object.assign(entry, { id: `hit${at}`, textContent: row.name });
      entry.dir = "auto";
      entry.dataset.key = row.key;
      entry.setAttribute("role", "option");
      small.textContent = `${row.facet} · ${counted(row.pairs)} pairs · ${counted(row.below)} below`;
      entry.append(small);
      return entry;
    }));
    if (!found.length && text.trim()) hits.append(Object.assign(document.createElement("li"), { className: "quiet", textContent: "nothing has this name" }));
    box.setAttribute("aria-expanded", hits.childElementCount > 0);
    choose(0);
  };
  const take = (entry) => {
    if (!entry || !entry.dataset.key) return;
    hits.replaceChildren();
    box.setAttribute("aria-expanded", "false");
    svg.focus({ preventScroll: true });
    go(entry.dataset.key).catch(failed);
  };
  box.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(() => find().catch(failed), 120); });
  box.addEventListener("keydown", (event) => {
    const does = {
      ArrowDown: () => choose(chosen + 1), ArrowUp: () => choose(chosen - 1),
      Enter: async () => { clearTimeout(waiting); await find(); take(hits.children[chosen]); },
      Escape: () => { hits.replaceChildren(); svg.focus(); },
    }[event.key];
    if (does) { event.preventDefault(); Promise.resolve(does()).catch(failed); }
  });
  hits.addEventListener("click", (event) => take(event.target.closest("li")));
  document.addEventListener("pointerdown", (event) => { if (!event.target.closest("#finder")) hits.replaceChildren(); });
  id("in").addEventListener("click", () => zoom(1.25));
  id("out").addEventListener("click", () => zoom(0.8));
  id("fit").addEventListener("click", fit);

  try {
    const first = await (await ask("/tree/top", {})).json();
    const root = add(first, -1);
    first.children.forEach((row, place) => { tree.children[root][place] = add(row, root); });
    state.shown.set(root, STEP);
    for (const facet of tree.children[root].slice(0, 6)) { await load(facet, FEW); state.shown.set(facet, FEW); }
    draw();
    fit();
    if (svg.dataset.start) await go(svg.dataset.start);
  } catch (error) {
    failed(error);
  }
  document.documentElement.dataset.ready = "1";
});

"use strict";
// The tree of a page: unpack the data, lay out what is open, draw it as SVG, search. No library, nothing loaded.
// Nodes come in depth-first order, so the subtree of node i is the run i .. i + size[i]; node 0 is the root.

const ROW = 26, COLUMN = 330, STEP = 25, FEW = 8, LABEL = 36;
// Rows that are drawn at the start, spread evenly over the facets.
const FIRST = 36;
const FACETS = ["disease", "anatomy", "modality", "symptom", "cell", "organism", "device", "procedure", "normal"];
const ORIGINS = { o: "from an ontology", e: "from the engine's own lists", l: "found in literature alone" };
const INVERSE = { located_in: "location of", has_symptom: "symptom of", seen_on: "shows", part_of: "has part" };
const KINDS = { i: "is_a", p: "part_of", u: "unknown", "-": "is_a" };

/** Return the tree of the packed columns: parent, size (nodes under it), children by falling size, and texts. */
function unpack(packed) {
  const names = packed.names.split("\n"), n = packed.depths.length;
  const texts = (column) => packed[column].split("\n");
  const tree = {
    n, names, curies: texts("curies"), definitions: texts("definitions"), synonyms: texts("synonyms"),
    sources: texts("sources"), kinds: packed.kinds, origins: packed.origins, evidence: packed.evidence, facets: [],
    parent: new Int32Array(n), depth: new Int32Array(n), size: new Int32Array(n), children: [],
    documents: packed.documents, quotes: new Map(packed.quotes), others: new Map(), relations: new Map(), folded: null,
    under: { texts: new Int32Array(n), literature: new Int32Array(n) },
  };
  const above = [], tops = [...packed.facets];
  const own = packed.facets.length > 1 ? 1 : 0;
  for (let i = 0; i < n; i++) {
    const depth = packed.depths.charCodeAt(i) - 48;
    tree.depth[i] = depth;
    tree.parent[i] = depth ? above[depth - 1] : -1;
    above[depth] = i;
    tree.children.push([]);
    if (depth) tree.children[tree.parent[i]].push(i);
    tree.facets.push(depth <= own ? tops.shift() : tree.facets[tree.parent[i]]);
    tree.under.texts[i] = tree.evidence[i] > 0 ? 1 : 0;
    tree.under.literature[i] = tree.origins[i] === "l" ? 1 : 0;
  }
  for (let i = n - 1; i > 0; i--) {
    tree.size[tree.parent[i]] += tree.size[i] + 1;
    for (const count of Object.values(tree.under)) count[tree.parent[i]] += count[i];
  }
  for (const own of tree.children) own.sort((a, b) => tree.size[b] - tree.size[a] || a - b);
  const add = (map, i, value) => (map.has(i) ? map.get(i).push(value) : map.set(i, [value]));
  for (const [child, parent, kind] of packed.others) add(tree.others, child, { node: parent, kind });
  for (const [subject, object, kind, confidence, quotes] of packed.relations) {
    add(tree.relations, subject, { name: kind.replace("_", " "), node: object, confidence, quotes });
    add(tree.relations, object, { name: INVERSE[kind], node: subject, confidence, quotes });
  }
  return tree;
}

/** Return the children of a node that a filter (all, texts, literature) leaves, those with most below them first. */
function children(tree, i, filter) {
  const count = tree.under[filter];
  return count ? tree.children[i].filter((child) => count[child]).sort((a, b) => count[b] - count[a]) : tree.children[i];
}

/** Return how many nodes under a node a filter leaves. */
function below(tree, i, filter) {
  if (!tree.under[filter]) return tree.size[i];
  return tree.children[i].reduce((sum, child) => sum + tree.under[filter][child], 0);
}

/** Return what is open at the start: the root with all facets, and of each facet its largest children.
 * `shown` says how many children of a node are drawn; `pinned` names one that is drawn besides. */
function opened(tree, filter = "all") {
  const facets = tree.n ? children(tree, 0, filter) : [];
  const shown = new Map([[0, STEP]]), state = { shown, pinned: new Map() };
  if (FACETS.includes(tree.facets[0])) return state;
  const each = Math.max(3, Math.floor(FIRST / Math.max(1, facets.length)) - 1);
  for (const facet of facets) if (tree.children[facet].length) shown.set(facet, each);
  return state;
}

/** Return the children of a node that are drawn. */
function drawnBelow(tree, state, i, filter) {
  if (!state.shown.has(i)) return [];
  const all = children(tree, i, filter), first = all.slice(0, state.shown.get(i)), pinned = state.pinned.get(i);
  return pinned === undefined || first.includes(pinned) || !all.includes(pinned) ? first : [...first, pinned];
}

/** Return the rows to draw, in reading order, each with its place: nodes, and "more" where children are left out. */
function layout(tree, state, filter = "all") {
  const rows = [];
  let line = 0;
  const walk = (i) => {
    const drawn = drawnBelow(tree, state, i, filter), left = drawn.length ? children(tree, i, filter).length - drawn.length : 0;
    const row = { i, depth: tree.depth[i], y: 0, below: [] };
    rows.push(row);
    for (const child of drawn) {
      row.below.push(walk(child));
      if (i === 0) line += 0.5;
    }
    if (left > 0) {
      const more = { more: i, left, depth: row.depth + 1, y: line++ * ROW, below: [] };
      rows.push(more);
      row.below.push(more);
    }
    row.y = row.below.length ? (row.below[0].y + row.below[row.below.length - 1].y) / 2 : line++ * ROW;
    return row;
  };
  if (tree.n) walk(0);
  return rows;
}

const folded = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");

/** Return up to `limit` nodes that `text` names: exactly, else by their beginning, a word's beginning, or a part of it,
 * else by all of its words; names before synonyms, shorter names first. */
function search(tree, text, limit) {
  const wanted = folded(text).trim().replace(/\s+/g, " ");
  if (!wanted) return [];
  tree.folded ??= tree.names.map((name, i) => folded(`\n${name}\n${tree.curies[i]}\n${tree.synonyms[i].replaceAll("|", "\n")}\n`));
  const words = wanted.split(" "), found = [];
  for (let i = 0; i < tree.n; i++) {
    const names = tree.folded[i];
    let rank = 4;
    if (names.includes(wanted)) {
      rank = names.includes(`\n${wanted}\n`) ? 0 : names.includes(`\n${wanted}`) ? 1 : names.includes(` ${wanted}`) ? 2 : 3;
    } else if (words.length < 2 || !words.every((word) => names.includes(word))) continue;
    const own = folded(tree.names[i]).includes(wanted) ? 0 : 1;
    found.push([2 * rank + own, tree.names[i].length, i]);
  }
  found.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
  return found.slice(0, limit).map((entry) => entry[2]);
}

/** Return the fragment that leads to a node, and the node that a fragment's `node=` leads to, or -1. */
const address = (tree, i) => tree.curies[i] || `${tree.facets[i]}/${tree.names[i]}`;
function addressed(tree, text) {
  const curie = text ? tree.curies.indexOf(text) : -1;
  if (curie >= 0) return curie;
  const [facet, ...rest] = text.split("/");
  const named = tree.names.findIndex((name, i) => name === rest.join("/") && tree.facets[i] === facet);
  if (named >= 0) return named;
  const [first] = search(tree, text, 1);
  return first === undefined ? -1 : first;
}

/** Open every node above `i`, so that `i` itself is drawn beside a few of its siblings. */
function reveal(tree, state, i) {
  for (let child = i, up = tree.parent[i]; up >= 0; child = up, up = tree.parent[up]) {
    if (!state.shown.has(up)) state.shown.set(up, FEW);
    state.pinned.set(up, child);
  }
}

const escaped = (text) => String(text).replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
const cut = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);
const counted = (number) => number.toLocaleString("en");

/** Return the mark of a node: its outline says where it comes from, + and - that it can be opened and closed. */
function mark(origin, facet, size, open) {
  const r = size ? 7 + Math.min(4, Math.log10(size + 1)) : 5, colour = `var(--${FACETS.includes(facet) ? facet : "other"})`;
  const fill = size && !open ? colour : "var(--ground)", sign = size && !open ? "var(--ground)" : colour;
  const shape = origin === "l" ? `<path class="shape" d="M0 ${-r - 2}L${r + 2} 0L0 ${r + 2}L${-r - 2} 0Z"` :
    origin === "e" ? `<rect class="shape" x="${-r}" y="${-r}" width="${2 * r}" height="${2 * r}" rx="2"` :
      `<circle class="shape" r="${r}"`;
  const cross = size ? `<path class="sign" stroke="${sign}" d="M-4 0H4${open ? "" : "M0 -4V4"}"/>` : "";
  return `${shape} stroke="${colour}" fill="${fill}"/>${cross}`;
}

/** Return the words after a node's mark: its name, the nodes under it, the sentences that speak for it. */
function label(tree, i, filter) {
  const size = below(tree, i, filter);
  const parts = [size ? counted(size) : "", tree.evidence[i] ? `${counted(tree.evidence[i])} ${tree.evidence[i] > 1 ? "quotes" : "quote"}` : ""];
  return [cut(tree.names[i], LABEL), parts.filter(Boolean).join(" · ")];
}

/** Return the drawing of the rows between `top` and `bottom` as SVG; every row carries data-i or data-more. */
function drawing(tree, rows, { filter = "all", selected = -1, top = -Infinity, bottom = Infinity, width = (text) => 7.2 * text.length }) {
  const lines = [], marks = [];
  const visible = (row) => row.y >= top && row.y <= bottom;
  for (const row of rows) {
    const x = row.depth * COLUMN;
    if (row.below.length) {
      const [name, sub] = label(tree, row.i, filter);
      const from = x + 22 + width(name) + (sub ? 8 + 0.86 * width(sub) : 0);
      for (const child of row.below) {
        if (!visible(child) && !(visible(row) && child.y > 2 * top - bottom && child.y < 2 * bottom - top)) continue;
        const to = x + COLUMN - 14, middle = Math.max(from + 10, (from + to) / 2);
        const kind = child.more === undefined ? KINDS[tree.kinds[child.i]] : "is_a";
        lines.push(`<path class="link ${kind}" d="M${from.toFixed(1)} ${row.y}C${middle} ${row.y} ${middle} ${child.y} ${to} ${child.y}"/>`);
      }
    }
    if (!visible(row)) continue;
    if (row.more !== undefined) {
      marks.push(`<g class="more" data-more="${row.more}" transform="translate(${x} ${row.y})"><text x="-8" y="5">… ${counted(row.left)} more</text></g>`);
      continue;
    }
    const i = row.i, open = row.below.length > 0, [name, sub] = label(tree, i, filter), size = below(tree, i, filter);
    const state = size ? ` aria-expanded="${open}"` : "";
    const wide = 30 + width(name) + (sub ? 10 + 0.86 * width(sub) : 0);
    marks.push(
      `<g class="node ${open ? "open" : size ? "closed" : "leaf"}${i === selected ? " selected" : ""}" id="n${i}" data-i="${i}" role="treeitem"` +
      ` aria-level="${row.depth + 1}" aria-selected="${i === selected}"${state} aria-label="${escaped(tree.names[i])}, ${ORIGINS[tree.origins[i]]}, ${counted(tree.size[i])} under it"` +
      ` transform="translate(${x} ${row.y})"><rect class="band" x="-13" y="-12.5" width="${wide.toFixed(1)}" height="25" rx="12"/>` +
      `${mark(tree.origins[i], tree.facets[i], size, open)}<text x="15" y="5"><tspan class="name">${escaped(name)}</tspan>` +
      `${sub ? `<tspan class="sub" dx="7">${sub}</tspan>` : ""}</text><title>${escaped(tree.names[i])}</title></g>`,
    );
  }
  return `${lines.join("")}${marks.join("")}`;
}

if (typeof document === "undefined") {
  module.exports = { unpack, children, opened, layout, search, address, addressed, reveal, drawing, STEP };
}

-- What the page of an item shows beside its dossier. Parameters: build, panel, and keys of whatever the item hangs on.

-- name: serve_builds
-- Builds over a tree, the newest first.
select b.key, b.engine, b.tree, b.created_at, b.settings, cardinality(b.sources) as sources
from build b
where b.tree is not null
order by b.created_at desc, b.key;

-- name: serve_builds_of_panel
-- Builds that have the panel now, the newest first.
select distinct b.key, b.engine, b.tree, b.created_at
from panel p
join work w on w.stage = 'panels' and w.item = p.figure and w.input = p.input and w.version = p.version
join build b on b.key = w.build
where p.key = :panel
order by b.created_at desc, b.key;

-- name: serve_beside
-- The panels of the same figure, in its order.
select p.key, p.letter, p.position, p.box
from build_panel p
where p.build = :build and p.figure = :figure
order by p.position, p.key;

-- name: serve_files
-- The files that an article was read from: the items of its harvest.
select f.item, s.path
from article_file f
join work w on w.build = :build and w.stage = 'harvest' and w.item = f.item and w.input = f.input and w.version = f.version
left join source_file s on s.item = f.item
where f.article = :article
order by f.item;

-- name: serve_ledger
-- What became of these items at every stage of the build.
select w.item, w.stage, w.version, l.status, l.attempts, l.seconds, l.run, l.at
from work w
join ledger l using (stage, item, input, version)
where w.build = :build and w.stage = any (:stages) and w.item = any (:items)
order by l.at, w.stage, w.item;

-- name: serve_drops
-- What was dropped of these items.
select d.item, d.stage, d.reason, d.detail, d.at
from "drop" d
join work w on w.build = :build and w.stage = d.stage and w.item = d.work_item and w.input = d.input and w.version = d.version
where d.item = any (:items)
order by d.at, d.stage, d.reason, d.item;

-- name: serve_node_names
select key, name from node where tree = :tree and key = any (:keys);

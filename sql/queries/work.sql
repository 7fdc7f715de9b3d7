-- name: stage_pace
-- Seconds an item took lately, over the last thousand finished items of the stage.
select avg(seconds) as seconds
from (select seconds from ledger where stage = :stage and status in ('done', 'dropped') order by at desc limit 1000) lately;

-- name: build_row
select b.key, b.sources, b.tree, t.key as tree_key, t.lexicon_digest, b.engine, b.settings
from build b left join tree t on t.id = b.tree
where b.key = :build;

-- name: files_of_items
select f.item, f.path, f.digest, s.kind, s.uri, s.data_class
from source_file f join source s on s.key = f.source
where f.item = any (:items);

-- name: summary
select
    (select count(*) from build_article where build = :build) as articles,
    (select count(*) from build_figure where build = :build) as figures,
    (select count(*) from build_panel where build = :build) as panels,
    (select count(*) from pair where build = :build) as pairs,
    (select count(*) from build_question where build = :build) as questions;

-- name: summary_drops
select reason, sum(items)::bigint as items from drop_reason where build = :build group by reason order by reason;

-- name: stage_drops
select stage, reason, items from drop_reason where build = :build order by stage, reason;

-- name: panels_under
-- Panels of a build anchored at a node or below it, with the node that anchors each best.
select distinct on (a.panel) a.panel, n.name, n.key as node
from build_anchor a
join build b on b.key = a.build
join node n on n.tree = b.tree and n.key = a.node
join closure c on c.node = n.id
join node top on top.id = c.ancestor
where a.build = :build and top.key = :node and a.polarity = 'affirmed'
order by a.panel, a.score desc, n.key;

-- name: latest_build
select key, engine, tree, settings from build where tree is not null order by created_at desc, key limit 1;

-- name: all_sources
select key from source order by key;

-- name: names_without_vector
select distinct n.text_digest
from node n
where n.tree = :tree and not exists (select 1 from embedding e where e.text_digest = n.text_digest and e.model = :model)
order by n.text_digest;

-- name: funnel_rows
select stage, kept, dropped from funnel where build = :build;

-- name: export_panels
-- Kept pairs of a build, under a node where one is given.
select p.panel
from pair p
join build b on b.key = p.build
where p.build = :build
  and (cast(:node as text) is null or exists (
      select 1
      from node n join closure c on c.node = n.id join node top on top.id = c.ancestor
      where n.tree = b.tree and n.key = p.node and top.key = :node
  ))
order by p.panel;

-- name: tree_row
select id, key, inputs, report, version from tree where id = :tree;

-- name: build_versions
select distinct stage, version from work where build = :build order by stage, version;

-- name: tree_ontologies
select distinct t.o ->> 'ontology' as name, t.o ->> 'version' as version
from node n, jsonb_array_elements(n.provenance -> 'terms') t (o)
where n.tree = :tree
order by 1, 2;

-- name: tree_texts
select d.kind, d.licence, count(*) as documents
from document d
where exists (select 1 from evidence e where e.tree = :tree and e.document = d.key)
group by d.kind, d.licence
order by d.kind, d.licence;

-- name: images_read
-- Images of a build that a reader has read, those among them that hold no text.
select item from finished where build = :build and stage = 'ocr' and status = 'done' and item = any (:images);

-- name: balance_rows
-- Of these panels the nodes, shown by them or above what they show, that a cap or a quota may concern: `named` ones, and
-- where `every` is true all that some of the panels are anchored at, but kinds of image.
with shown as (
    select a.panel, n.id, n.facet, max(a.score) as score
    from build b
    join build_anchor a on a.build = b.key and a.panel = any (:panels) and a.role = 'depicted' and a.polarity = 'affirmed'
    join node n on n.tree = b.tree and n.key = a.node
    where b.key = :build
    group by a.panel, n.id, n.facet
),
concerned as (
    select id from shown where :every and facet <> 'modality'
    union
    select n.id from build b join node n on n.tree = b.tree and n.key = any (:named) where b.key = :build
)
select s.panel, max(s.score)::float8 as strength,
       coalesce(array_agg(distinct top.key) filter (where o.id is not null), '{}') as nodes
from shown s
join closure c on c.node = s.id
left join concerned o on o.id = c.ancestor
left join node top on top.id = o.id
group by s.panel
order by s.panel;

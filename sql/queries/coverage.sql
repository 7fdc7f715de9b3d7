-- How many usable pairs a node has, itself and everything below it counted, by modality.

-- name: coverage
-- Parameters: build, and node: the key of one node, or null for every root of the build's tree. The node itself comes
-- first, then its children, largest first. A panel counts for a node where an affirmed anchor says that it is depicted.
with chosen as (
    select n.id, n.key, n.name, n.facet, 0 as depth
    from build b join node n on n.tree = b.tree
    where b.key = :build and (n.key = :node or (cast(:node as text) is null and not exists (
        select 1 from edge e where e.tree = n.tree and e.child = n.key
    )))
    union
    select c.id, c.key, c.name, c.facet, 1
    from build b join edge e on e.tree = b.tree and e.parent = :node join node c on c.tree = e.tree and c.key = e.child
    where b.key = :build
),
counted as (
    select k.ancestor as id, coalesce(m.label, 'unknown') as modality, count(distinct s.panel) as pairs
    from shown_pair s
    join closure k on k.node = s.node
    join chosen c on c.id = k.ancestor
    left join build_modality m on m.build = s.build and m.panel = s.panel
    where s.build = :build
    group by k.ancestor, coalesce(m.label, 'unknown')
)
select c.depth, c.key, c.name, c.facet, coalesce(sum(n.pairs), 0)::bigint as pairs,
       coalesce(jsonb_object_agg(n.modality, n.pairs) filter (where n.modality is not null), '{}') as modalities
from chosen c left join counted n on n.id = c.id
group by c.depth, c.id, c.key, c.name, c.facet
order by c.depth, pairs desc, c.name, c.key;

-- name: covered_tree
-- Every node with at least one depicted pair of the build at it or below it, with its primary parent.
select n.key, n.name, e.parent, count(distinct s.panel) as pairs
from shown_pair s
join closure c on c.node = s.node
join node n on n.id = c.ancestor
left join edge e on e.tree = n.tree and e.child = n.key and e.is_primary
where s.build = :build
group by n.key, n.name, e.parent
order by n.name, n.key;

-- name: finished_samples
-- Pairs with a caption and a question, at most one a node, with what a reader wants to see of them.
select * from (
    select distinct on (p.node) p.panel, n.name as node, f.label, a.title as article, c.text as caption, q.text as question,
           q.options, q.answer, i.width, i.height, p.node as node_key
    from pair p
    join build b on b.key = p.build
    left join node n on n.tree = b.tree and n.key = p.node
    join build_panel l on l.build = p.build and l.key = p.panel
    join build_figure f on f.build = p.build and f.key = l.figure
    join build_article a on a.build = p.build and a.key = f.article
    join image i on i.sha256 = l.image
    join build_caption c on c.build = p.build and c.panel = p.panel
    join build_question q on q.build = p.build and q.panel = p.panel
    where p.build = :build
    order by p.node, p.panel, c.kind, c.key, q.kind, q.key
) samples
order by panel
limit :limit;

-- name: covered_share
-- Of each of `nodes` (keys): how many nodes stand at it and below, and how many of these have a usable pair themselves
-- or below them.
with covered as (
    select distinct c.ancestor as id from shown_pair s join closure c on c.node = s.node where s.build = :build
)
select top.key, count(*) as nodes, count(v.id) as covered
from build b
join node top on top.tree = b.tree and top.key = any (:nodes)
join closure c on c.ancestor = top.id
left join covered v on v.id = c.node
where b.key = :build
group by top.key
order by top.key;

-- name: empty_nodes
-- Nodes at `node` and below, anywhere where it is null, without a usable pair at or below them: those first that most
-- panels name without showing them, or that were refused as pairs.
with covered as (
    select distinct c.ancestor as id from shown_pair s join closure c on c.node = s.node where s.build = :build
),
named as (
    select n.id, count(distinct a.panel) as panels
    from build b
    join build_anchor a on a.build = b.key and a.polarity = 'affirmed' and a.method <> 'vector'
    join node n on n.tree = b.tree and n.key = a.node
    where b.key = :build
    group by n.id
)
select n.key, n.name, n.facet, coalesce(m.panels, 0) as named_by
from build b
join node n on n.tree = b.tree
left join named m on m.id = n.id
where b.key = :build and not exists (select 1 from covered v where v.id = n.id)
  and (cast(:node as text) is null or exists (
      select 1 from node top join closure c on c.ancestor = top.id
      where top.tree = b.tree and top.key = :node and c.node = n.id
  ))
order by named_by desc, n.name, n.key
limit :limit;

-- name: covered_map
-- Every node with a usable pair at it or below it: its primary parent, how many pairs, and how many by modality.
with depicted as materialized (
    select s.panel, s.node, coalesce(m.label, 'unknown') as modality
    from shown_pair s left join build_modality m on m.build = s.build and m.panel = s.panel
    where s.build = :build
),
counted as (
    select c.ancestor as id, d.modality, count(distinct d.panel) as pairs
    from depicted d join closure c on c.node = d.node
    group by c.ancestor, d.modality
)
select n.key, n.name, n.facet, e.parent, sum(k.pairs)::int as pairs, jsonb_object_agg(k.modality, k.pairs) as modalities
from counted k
join node n on n.id = k.id
left join edge e on e.tree = n.tree and e.child = n.key and e.is_primary
group by n.key, n.name, n.facet, e.parent
order by n.key;

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
depicted as (
    select distinct a.panel, n.id
    from build_anchor a
    join pair p on p.build = a.build and p.panel = a.panel
    join build b on b.key = a.build
    join node n on n.tree = b.tree and n.key = a.node
    where a.build = :build and a.role = 'depicted' and a.polarity = 'affirmed'
),
counted as (
    select k.ancestor as id, coalesce(m.label, 'unknown') as modality, count(distinct d.panel) as pairs
    from depicted d
    join closure k on k.node = d.id
    join chosen c on c.id = k.ancestor
    left join build_modality m on m.build = :build and m.panel = d.panel
    group by k.ancestor, coalesce(m.label, 'unknown')
)
select c.depth, c.key, c.name, c.facet, coalesce(sum(n.pairs), 0)::bigint as pairs,
       coalesce(jsonb_object_agg(n.modality, n.pairs) filter (where n.modality is not null), '{}') as modalities
from chosen c left join counted n on n.id = c.id
group by c.depth, c.id, c.key, c.name, c.facet
order by c.depth, pairs desc, c.name, c.key;

-- name: spent
select stage, step, engine, model, calls, tokens_in, tokens_out, seconds, usd
from spent
order by stage, step, engine, model;

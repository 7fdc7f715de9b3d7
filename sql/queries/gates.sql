-- One query a gate: a row for each thing it checks, named in column item. tasks/gates.py says what must hold.

-- name: gate_tree
-- A closure is the right one where every node has itself at depth 0 and, of all parents together, what stands over them
-- one edge further, by the weaker relation: on edges without a cycle only the true closure has this property, and a
-- cycle shows as a parent that stands under its own child.
with ranked as materialized (
    select e.child, p.id as parent, array_position(array['is_a', 'part_of', 'unknown'], e.kind) as rank, e.is_primary,
           p.facet, p.tree
    from build b join edge e on e.tree = b.tree join node p on p.tree = e.tree and p.key = e.parent
    where b.key = :build
), above as (
    select n.id as node, count(*) as parents, count(*) filter (where r.is_primary) as primaries,
           count(*) filter (where r.facet <> n.facet) as mixing
    from ranked r join node n on n.tree = r.tree and n.key = r.child
    group by n.id
), own as (
    select c.node, c.ancestor, array_position(array['is_a', 'part_of', 'unknown'], c.relation) as rank, c.min_depth
    from build b join closure c on c.tree = b.tree
    where b.key = :build
), expected as (
    select n.id as node, o.ancestor, min(greatest(o.rank, r.rank)) as rank, min(o.min_depth) + 1 as min_depth
    from ranked r join node n on n.tree = r.tree and n.key = r.child join own o on o.node = r.parent
    group by n.id, o.ancestor
), wrong as (
    select coalesce(o.node, x.node) as node,
           count(*) filter (where o.node is null) as missing,
           count(*) filter (where x.node is null and o.node <> o.ancestor) as surplus,
           count(*) filter (where o.node is not null and x.node is not null
                            and o.node <> o.ancestor and (o.rank <> x.rank or o.min_depth <> x.min_depth)) as different,
           count(*) filter (where x.node = x.ancestor) as cycles
    from own o full join expected x on x.node = o.node and x.ancestor = o.ancestor
    group by 1
)
select n.key as item, n.name, length(trim(n.name)) as name_length, n.facet, n.licence,
       nullif(n.provenance, '{}'::jsonb)::text as provenance,
       case n.facet when 'anatomy' then regexp_replace(lower(n.name), '[^[:alnum:]]+', ' ', 'g') end as anatomy_name,
       case n.facet when 'disease' then regexp_replace(lower(n.name), '[^[:alnum:]]+', ' ', 'g') end as disease_name,
       coalesce(a.primaries, 0) as primary_parents,
       (a.primaries = 1 or (a.node is null and n.curie is null and n.name = n.facet)) is true as rooted,
       coalesce(a.mixing, 0) as facet_mixing,
       coalesce(w.cycles, 0) as cycles,
       coalesce((select c.min_depth from closure c where c.node = n.id and c.ancestor = n.id), -1) as own_ancestor_depth,
       coalesce(w.missing, 0) as closure_missing,
       coalesce(w.surplus, 0) as closure_surplus,
       coalesce(w.different, 0) as closure_different
from build b
join node n on n.tree = b.tree
left join above a on a.node = n.id
left join wrong w on w.node = n.id
where b.key = :build;

-- name: gate_ingest
select p.key as item, f.caption, p.image, f.licence, i.width, i.height,
       (p.box[1] >= 0 and p.box[2] >= 0 and p.box[1] < p.box[3] and p.box[2] < p.box[4]
        and p.box[3] <= i.width and p.box[4] <= i.height) as box_inside,
       not exists (
           select 1 from jsonb_array_elements(p.spans) s
           where (s ->> 0)::int < 0 or (s ->> 0)::int > (s ->> 1)::int or (s ->> 1)::int > length(f.caption)
       ) as spans_inside,
       (select count(*) from work w where w.build = p.build and w.item = p.key and w.stage = 'modality'
        and not exists (select 1 from finished d where d.build = w.build and d.stage = w.stage and d.item = w.item)) as unfinished
from build_panel p
join build_figure f on f.build = p.build and f.key = p.figure
join image i on i.sha256 = p.image
where p.build = :build;

-- name: gate_anchor
select a.key as item, a.score, a.role, n.key is not null as node_known,
       (a.start_char is null or (a.start_char >= 0 and a.end_char > a.start_char
        and a.end_char - a.start_char = length(a.surface))) as offsets_inside
from build_anchor a
join build b on b.key = a.build
left join node n on n.tree = b.tree and n.key = a.node
where a.build = :build;

-- name: gate_filter
select p.panel as item, count(*) filter (where v.stage = 'align') as copies, count(distinct v.stage) = 2 as both_verdicts, bool_and(v.keep) as kept_twice, bool_and(n.key is not null) as node_known,
       bool_or(c.status = 'flagged') is not true as unflagged
from pair p
join build b on b.key = p.build
left join build_verdict v on v.build = p.build and v.panel = p.panel
left join build_privacy_check c on c.build = p.build and c.panel = p.panel
left join node n on n.tree = b.tree and n.key = p.node
where p.build = :build
group by p.panel;

-- name: gate_regions
select r.key as item, r.score,
       (r.box[1] >= p.box[1] and r.box[2] >= p.box[2] and r.box[3] <= p.box[3] and r.box[4] <= p.box[4]
        and r.box[1] < r.box[3] and r.box[2] < r.box[4]) as inside_panel
from build_region r
join build_panel p on p.build = r.build and p.key = r.panel
where r.build = :build;

-- name: gate_summary
select c.key as item, c.tag, (m.figure = p.figure) is true as of_its_figure,
       (c.start_char >= 0 and c.start_char < c.end_char and c.end_char <= length(m.text)) is true as offsets_inside
from build_cited_sentence c
left join build_panel p on p.build = c.build and p.key = c.panel
left join build_mention m on m.build = c.build and m.key = c.mention
where c.build = :build;

-- name: gate_synthesize
select s.item, s.text, length(s.text) as text_length, s.licence, f.licence as image_licence,
       s.licence <> 'incompatible' as licence_compatible, s.answer_offered,
       not exists (
           select 1 from unnest(s.nodes) k (key)
           where not exists (select 1 from node n where n.tree = b.tree and n.key = k.key)
       ) as nodes_known
from (
    select build, key as item, panel, text, licence, nodes, true as answer_offered from build_caption where build = :build
    union all
    select build, key, panel, text, licence, nodes, options = '{}' or answer = any (options) from build_question where build = :build
) s
join build b on b.key = s.build
join build_panel p on p.build = s.build and p.key = s.panel
join build_figure f on f.build = p.build and f.key = p.figure;

-- name: tree_gate_passed
select g.key
from build b join build other on other.tree = b.tree join gate g on g.build = other.key
where b.key = :build and g.name = 'tree' and g.passed
limit 1;

-- One query a gate: a row for each thing it checks, named in column item. tasks/gates.py says what must hold.

-- name: gate_tree
select n.key as item, n.name, length(trim(n.name)) as name_length, n.facet, n.licence,
       nullif(n.provenance, '{}'::jsonb)::text as provenance,
       coalesce(e.primaries, 0) as primary_parents,
       (e.primaries is not null or n.definition is not null) as rooted,
       coalesce(e.mixing, 0) as facet_mixing,
       coalesce((select c.min_depth from closure c where c.node = n.id and c.ancestor = n.id), -1) as own_ancestor_depth,
       coalesce(e.missing, 0) as parents_missing_in_closure
from build b
join node n on n.tree = b.tree
left join lateral (
    select count(*) filter (where e.is_primary) as primaries,
           count(*) filter (where p.facet <> n.facet) as mixing,
           count(*) filter (where c.node is null) as missing
    from edge e
    join node p on p.tree = e.tree and p.key = e.parent
    left join closure c on c.node = n.id and c.ancestor = p.id
    where e.tree = n.tree and e.child = n.key
    having count(*) > 0
) e on true
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
select p.panel as item, count(*) filter (where v.stage = 'align') as copies, count(distinct v.stage) = 2 as both_verdicts, bool_and(v.keep) as kept_twice, bool_and(n.key is not null) as node_known
from pair p
join build b on b.key = p.build
left join build_verdict v on v.build = p.build and v.panel = p.panel
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

-- What was merged in a tree, what was refused, and what people keep apart. Parameters: tree (its id), node (a key).

-- name: tree_merges
-- Every term and every spelling that was merged into a node, with the signals that agreed; of one node where it is given.
select n.key, n.name, n.facet, m.what, m.signals
from node n
cross join lateral (
    select coalesce(t.o ->> 'curie', t.o -> 'merged' ->> 'name') as item,
           concat_ws(' ', t.o ->> 'curie', t.o -> 'merged' ->> 'name') as what, t.o -> 'merged' -> 'signals' as signals
    from jsonb_array_elements(n.provenance -> 'terms') t (o)
    where t.o -> 'merged' is not null
    union all
    select v.o ->> 'name', v.o ->> 'name', v.o -> 'signals'
    from jsonb_array_elements(coalesce(n.provenance -> 'variants', '[]'::jsonb)) v (o)
    union all
    select s.name, s.name, '["said", "again"]'::jsonb
    from jsonb_array_elements_text(coalesce(n.provenance -> 'text_synonyms', '[]'::jsonb)) s (name)
) m
where n.tree = :tree and (cast(:node as text) is null or n.key = :node)
order by n.facet, n.name, n.key, m.item;

-- name: tree_merges_refused
-- What looked alike and stayed two, what most spoke for first.
select d.item, d.detail
from "drop" d join tree t on t.key = d.work_item
where t.id = :tree and d.stage = 'tree' and d.reason = 'merge_refused'
order by jsonb_array_length(d.detail -> 'signals') desc, d.item;

-- name: merged_identity
-- What stands in a pair that is kept apart for the node or merged term that `text` names, the best first: the CURIE, or
-- the name of what has none.
select distinct found.identity, found.rank
from (
    select coalesce(n.curie, n.name) as identity, 1 as rank
    from node n
    where n.tree = :tree and (n.key = :text or n.curie = :text or lower(n.name) = lower(:text))
    union all
    select coalesce(t.o ->> 'curie', t.o -> 'merged' ->> 'name'), case when t.o ->> 'curie' = :text then 0 else 2 end
    from node n, jsonb_array_elements(n.provenance -> 'terms') t (o)
    where n.tree = :tree and (t.o ->> 'curie' = :text or lower(t.o -> 'merged' ->> 'name') = lower(:text))
    union all
    select v.o ->> 'name', 2
    from node n, jsonb_array_elements(coalesce(n.provenance -> 'variants', '[]'::jsonb)) v (o)
    where n.tree = :tree and lower(v.o ->> 'name') = lower(:text)
    union all
    select s.name, 2
    from node n, jsonb_array_elements_text(coalesce(n.provenance -> 'text_synonyms', '[]'::jsonb)) s (name)
    where n.tree = :tree and lower(s.name) = lower(:text)
    union all
    select coalesce(n.curie, n.name), 3
    from node n
    where n.tree = :tree and exists (select 1 from unnest(n.synonyms) s (name) where lower(s.name) = lower(:text))
    union all
    -- A term of the texts that was taken for a name of a node.
    select d.item, 4
    from "drop" d join tree t on t.key = d.work_item
    where t.id = :tree and d.stage = 'tree' and d.reason = 'known_name' and lower(d.item) = lower(:text)
) found
order by found.rank, found.identity;

-- name: kept_apart
select one, other, why from kept_apart order by one collate "C", other collate "C";

-- name: keep_apart
insert into kept_apart (one, other, why) values (:one, :other, :why) on conflict (one, other) do nothing;

-- name: rejoin
delete from kept_apart where one = :one and other = :other;

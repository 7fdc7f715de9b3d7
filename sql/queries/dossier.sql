-- name: node_paths
-- Names on the primary path of each node, from the facet root down to its parent.
with recursive up (key, ancestor, depth) as (
    select e.child, e.parent, 1
    from edge e
    where e.tree = :tree and e.child = any (:keys) and e.is_primary
    union all
    select u.key, e.parent, u.depth + 1
    from up u join edge e on e.tree = :tree and e.child = u.ancestor and e.is_primary
)
select u.key, array_agg(n.name order by u.depth desc) as path
-- One look-up a step: the planner would read all nodes of the tree for the few that stand over a panel's.
from up u cross join lateral (select name from node where tree = :tree and key = u.ancestor limit 1) n
group by u.key;

-- name: node_siblings
-- Up to 50 siblings of each node on the primary path, in key order.
select e.child as key, s.key as sibling, s.name
from edge e
cross join lateral (
    select n.key, n.name
    from edge o join node n on n.tree = o.tree and n.key = o.child
    where o.tree = e.tree and o.parent = e.parent and o.is_primary and o.child <> e.child
    order by o.child
    limit 50
) s
where e.tree = :tree and e.child = any (:keys) and e.is_primary
order by e.child, s.key;

-- name: node_others
-- Of each node its siblings, as above, and the nodes of its facet that bear one of `names` (in lower case): those of them
-- that are apart from it, so that no node stands under both over edges of any kind. A node stands under itself.
with asked as (
    select n.key, n.id, n.facet from node n where n.tree = :tree and n.key = any (:keys)
), known as (
    select n.key, n.id, n.facet from node n where n.tree = :tree and lower(n.name) = any (:names)
    union
    select n.key, n.id, n.facet from node n where n.tree = :tree and lowered(n.synonyms) && cast(:names as text[])
), found as (
    select a.key, a.id, s.key as other, s.id as other_id
    from asked a
    join edge e on e.tree = :tree and e.child = a.key and e.is_primary
    cross join lateral (
        select n.key, n.id
        from edge o join node n on n.tree = o.tree and n.key = o.child
        where o.tree = e.tree and o.parent = e.parent and o.is_primary and o.child <> e.child
        order by o.child
        limit 50
    ) s
    union
    select a.key, a.id, k.key, k.id from asked a join known k on k.facet = a.facet
), held as (
    select x.id, (select count(*) from (select from closure c where c.ancestor = x.id limit 1000) c) as nodes
    from (select id from found union select other_id from found) x
)
select f.key, f.other
from found f
join held a on a.id = f.id
join held b on b.id = f.other_id
cross join lateral (
    select least(a.nodes, b.nodes) < 1000 as is_few,
        case when a.nodes <= b.nodes then a.id else b.id end as few,
        case when a.nodes <= b.nodes then b.id else a.id end as many
) w
where not case
    when w.is_few then exists (
        select from closure c
        where c.ancestor = w.few
            -- The offset keeps the planner from reading all that stands under the other.
            and exists (select from closure d where d.node = c.node and d.ancestor = w.many offset 0)
    )
    else exists (select from closure c join closure d on d.node = c.node and d.ancestor = w.many where c.ancestor = w.few)
end
order by f.key, f.other;

-- name: read_from
-- The article of a figure, and the (input, version) of the file that this build read it from.
select f.article, f.input, f.version
from figure f
join article_file a on a.article = f.article and a.input = f.input and a.version = f.version
join work w on w.build = :build and w.stage = 'harvest' and w.item = a.item and w.input = a.input and w.version = a.version
where f.key = :figure
order by f.input, f.version
limit 1;

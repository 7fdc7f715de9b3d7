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
from up u join node n on n.tree = :tree and n.key = u.ancestor
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

-- What `met tree show` prints of a node. Parameters: tree, and node (its key) or text (what the user typed).

-- name: find_nodes
-- Nodes that a key, an alias, a CURIE, a name or a synonym means: exact names before synonyms, then by key.
select n.key, n.curie, n.name, n.facet
from node n
where n.tree = :tree and (
    n.key = :text or n.curie = :text or lower(n.name) = lower(:text)
    or exists (select 1 from node_alias a where a.tree = n.tree and a.key = n.key and a.alias = :text)
    or exists (select 1 from unnest(n.synonyms) s where lower(s) = lower(:text))
)
order by n.key = :text desc, n.curie = :text desc nulls last, lower(n.name) = lower(:text) desc, n.key;

-- name: near_nodes
-- Names that look like what the user typed.
select n.name
from node n
where n.tree = :tree and lower(n.name) % lower(:text)
order by similarity(lower(n.name), lower(:text)) desc, n.key
limit 3;

-- name: shown_node
select n.key, n.curie, n.name, n.facet, n.synonyms, n.definition, n.xrefs, n.licence,
       (select count(*) - 1 from closure c where c.ancestor = n.id) as descendants
from node n
where n.tree = :tree and n.key = :node;

-- name: shown_ancestors
-- The primary path, from the root of the facet down to the node itself.
with recursive up as (
    select n.key, n.name, 0 as distance from node n where n.tree = :tree and n.key = :node
    union all
    select p.key, p.name, up.distance + 1
    from up join edge e on e.tree = :tree and e.child = up.key and e.is_primary join node p on p.tree = e.tree and p.key = e.parent
)
select key, name from up order by distance desc;

-- name: shown_neighbours
-- Parents and children over every edge, each with the number of nodes below it.
select 'parent' as side, n.key, n.curie, n.name, e.kind, e.is_primary, (select count(*) - 1 from closure c where c.ancestor = n.id) as descendants
from edge e join node n on n.tree = e.tree and n.key = e.parent
where e.tree = :tree and e.child = :node
union all
select 'child', n.key, n.curie, n.name, e.kind, e.is_primary, (select count(*) - 1 from closure c where c.ancestor = n.id)
from edge e join node n on n.tree = e.tree and n.key = e.child
where e.tree = :tree and e.parent = :node
order by side desc, is_primary desc, name, key, kind;

-- name: shown_relations
select r.kind, s.name as subject, o.name as object, r.confidence
from relation r
join node s on s.tree = r.tree and s.key = r.subject
join node o on o.tree = r.tree and o.key = r.object
where r.tree = :tree and (r.subject = :node or r.object = :node)
order by r.kind, s.name, o.name, r.key;

-- name: shown_evidence
select e.kind, d.title as document, d.authority, e.sentence, e.surface, e.start_char, e.end_char
from evidence e join document d on d.key = e.document
where e.tree = :tree and e.subject = :node
order by array_position(array['definition', 'edge', 'relation', 'synonym', 'mention'], e.kind), e.document, e.start_char
limit :limit;

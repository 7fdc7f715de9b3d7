-- Looks at one tree. Parameters: tree (its id), node (a key).

-- name: node_lookup
-- The nodes that `text` names: by key, CURIE, alias or cross reference, else by name, else by synonym; the best first.
select key, name, facet, curie, min(rank) as rank
from (
    select n.key, n.name, n.facet, n.curie, 0 as rank from node n where n.tree = :tree and (n.key = :text or n.curie = :text)
    union all
    select n.key, n.name, n.facet, n.curie, 1 from node_alias a join node n on n.tree = a.tree and n.key = a.key
    where a.tree = :tree and a.alias = :text
    union all
    select n.key, n.name, n.facet, n.curie, 2 from node n where n.tree = :tree and n.xrefs @> array[cast(:text as text)]
    union all
    select n.key, n.name, n.facet, n.curie, 3 from node n where n.tree = :tree and lower(n.name) = lower(:text)
    union all
    select n.key, n.name, n.facet, n.curie, 4 from node n
    where n.tree = :tree and lowered(n.synonyms) @> array[lower(:text)]
) found
group by key, name, facet, curie
order by rank, key
limit 20;

-- name: node_similar
-- The nodes whose names look most like `text`: what to suggest when nothing is found. Of names that look like it by the
-- thousand ("disease 12"), some are as good as others.
select n.key, n.name, n.facet, n.curie
from (select key, name, facet, curie from node where tree = :tree and lower(name) % lower(:text) limit 5000) n
order by similarity(lower(n.name), lower(:text)) desc, n.key
limit 5;

-- name: tree_node_path
-- From the facet root down to the node itself, along the primary edges.
with recursive up (key, depth) as (
    select cast(:node as text), 0
    union all
    select e.parent, u.depth + 1
    from up u join edge e on e.tree = :tree and e.child = u.key and e.is_primary
)
select n.key, n.name, n.curie
from up u join node n on n.tree = :tree and n.key = u.key
order by u.depth desc;

-- name: tree_node_parents
select n.key, n.name, n.curie, e.kind, e.is_primary, e.provenance
from edge e join node n on n.tree = e.tree and n.key = e.parent
where e.tree = :tree and e.child = :node
order by e.is_primary desc, n.name, n.key;

-- name: tree_node_children
select n.key, n.name, n.curie, e.kind, e.is_primary
from edge e join node n on n.tree = e.tree and n.key = e.child
where e.tree = :tree and e.parent = :node
order by e.is_primary desc, n.name, n.key;

-- name: tree_node_siblings
select n.key, n.name, n.curie
from edge e
join edge o on o.tree = e.tree and o.parent = e.parent and o.is_primary and o.child <> e.child
join node n on n.tree = o.tree and n.key = o.child
where e.tree = :tree and e.child = :node and e.is_primary
order by n.name, n.key;

-- name: tree_node_relations
select r.key as relation, r.kind, r.confidence, r.provenance, n.key, n.name, n.facet, r.subject = :node as outward
from relation r
join node n on n.tree = r.tree and n.key = case when r.subject = :node then r.object else r.subject end
where r.tree = :tree and (r.subject = :node or r.object = :node)
order by r.kind, r.confidence desc, n.name, n.key;

-- name: tree_node_evidence
-- Of the node itself and of its relations; definitions first, then guidelines and textbooks; what denies it last.
select e.subject, e.kind, e.assertion, e.sentence, e.surface, e.start_char, e.end_char, d.key as document, d.title, d.authority, d.licence
from evidence e join document d on d.key = e.document
where e.tree = :tree and e.subject in (
    select cast(:node as text)
    union all
    select r.key from relation r where r.tree = :tree and (r.subject = :node or r.object = :node)
)
order by e.assertion = 'negated', array_position(array['definition', 'edge', 'relation', 'synonym', 'mention'], e.kind),
         array_position(array['guideline', 'textbook', 'review', 'article', 'web'], d.authority), e.document, e.start_char, e.key;

-- name: tree_ancestors
-- Every node over `node` over all edges, itself included.
select n.key, n.name, n.curie, c.relation, c.min_depth
from node low
join closure c on c.node = low.id
join node n on n.id = c.ancestor
where low.tree = :tree and low.key = :node
order by c.min_depth, n.name, n.key;

-- name: tree_subtree
-- Every node under `node` over all edges, itself included.
select n.key, n.name, n.curie, c.relation, c.min_depth
from node top
join closure c on c.ancestor = top.id
join node n on n.id = c.node
where top.tree = :tree and top.key = :node
order by c.min_depth, n.name, n.key;

-- name: tree_overview
-- The facet roots, their primary children and the children of these, each with the number of nodes under it.
with recursive shown (key, parent, level) as (
    select n.key, cast(null as text), 0
    from node n
    where n.tree = :tree and not exists (select 1 from edge e where e.tree = n.tree and e.child = n.key)
    union all
    select e.child, e.parent, s.level + 1
    from shown s join edge e on e.tree = :tree and e.parent = s.key and e.is_primary
    where s.level < 2
)
select s.key, s.parent, s.level, n.name, n.facet,
       (select count(*) from closure c where c.ancestor = n.id and c.node <> n.id) as under
from shown s join node n on n.tree = :tree and n.key = s.key
order by s.level, under desc, n.name, n.key;

-- name: tree_versions
-- Every build of the tree, the newest first.
select id, key, version, built_at, report -> 'nodes' as nodes, inputs
from tree
where complete
order by built_at desc, id desc;

-- name: tree_asked_again
-- Of several trees the newest is the one that was asked for last.
update tree set built_at = now() where id = :tree;

-- name: tree_places
-- Every node with its primary parent.
select n.key, n.name, n.facet, e.parent
from node n left join edge e on e.tree = n.tree and e.child = n.key and e.is_primary
where n.tree = :tree;

-- name: tree_former_keys
-- Keys that nodes had, or would have by a term that was merged into them.
select alias, key from node_alias where tree = :tree and alias like 'node:%';

-- name: tree_documents
-- The texts that sentences of the tree stand in.
select d.key, d.path, d.title, d.kind, d.authority, d.licence, d.sha256, d.characters
from document d
where exists (select 1 from evidence e where e.tree = :tree and e.document = d.key)
order by d.key;

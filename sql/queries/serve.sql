-- What pages of the server show. Parameters: scope (see pages.sql), build and tree, then what each asks for.

-- name: serve_counts
select what, stage, name, items from page_count where scope = :scope order by what, stage, items desc, name;

-- name: serve_gates
-- The newest result of each gate of a build.
select distinct on (g.name) g.name, g.passed, g.expectations, g.failing, g.at
from gate g
where g.build = :build
order by g.name, g.key desc;

-- name: serve_children
-- Children of a node on the primary path, those with most below them first; of no node: the roots.
select n.key, n.name, n.facet, n.curie, c.below, c.children, c.panels, c.pairs, e.kind,
       array(select o.parent from edge o where o.tree = n.tree and o.child = n.key and not o.is_primary order by o.parent) as others
from page_node c
join node n on n.id = c.node
left join edge e on e.tree = n.tree and e.child = n.key and e.is_primary
where c.scope = :scope and c.parent is not distinct from (select p.id from node p where p.tree = :tree and p.key = :parent)
order by c.below desc, c.node
limit :limit offset :offset;

-- name: serve_nodes
-- Nodes by key with what is counted of them.
select n.id, n.key, n.name, n.facet, n.curie, c.below, c.children, c.panels, c.pairs
from node n left join page_node c on c.scope = :scope and c.node = n.id
where n.tree = :tree and n.key = any (:keys);

-- name: serve_ways_up
-- Every edge above a node, so that all ways from a root to it can be told; few nodes have more than some dozens.
with recursive up (key) as (
    select cast(:node as text)
    union
    select e.parent from up u join edge e on e.tree = :tree and e.child = u.key
)
select e.child, e.parent, e.kind, e.is_primary
from up u join edge e on e.tree = :tree and e.child = u.key
order by e.child, e.is_primary desc, e.parent
limit 400;

-- name: serve_below
-- Children over all edges, those that hold most panels first.
select n.key, n.name, n.facet, n.curie, e.kind, e.is_primary, coalesce(c.below, 0) as below,
       coalesce(c.panels, 0) as panels, coalesce(c.pairs, 0) as pairs
from edge e
join node n on n.tree = e.tree and n.key = e.child
left join page_node c on c.scope = :scope and c.node = n.id
where e.tree = :tree and e.parent = :node
order by coalesce(c.pairs, 0) desc, coalesce(c.panels, 0) desc, coalesce(c.below, 0) desc, n.name, n.key
limit :limit;

-- name: serve_evidence
select e.kind, e.assertion, e.sentence, e.surface, d.title, d.authority, d.licence
from evidence e join document d on d.key = e.document
where e.tree = :tree and e.subject = :node
order by e.assertion = 'negated', array_position(array['definition', 'edge', 'relation', 'synonym', 'mention'], e.kind),
         array_position(array['guideline', 'textbook', 'review', 'article', 'web'], d.authority), e.document, e.start_char, e.key
limit :limit;

-- name: serve_relations
select r.key as relation, r.kind, r.confidence, r.provenance, n.key, n.name, n.facet, r.subject = :node as outward,
       (select e.sentence from evidence e where e.tree = r.tree and e.subject = r.key order by e.key limit 1) as sentence,
       (select d.title || ' (' || d.authority || ')' from evidence e join document d on d.key = e.document
        where e.tree = r.tree and e.subject = r.key order by e.key limit 1) as source
from relation r
join node n on n.tree = r.tree and n.key = case when r.subject = :node then r.object else r.subject end
where r.tree = :tree and (r.subject = :node or r.object = :node)
order by r.kind, r.confidence desc, n.name, n.key
limit :limit;

-- name: serve_roles
select role, panels from page_role where scope = :scope and node = :node order by panels desc, role;

-- name: serve_panels_at
-- Panels anchored at a node itself, the surest of each role; what is denied counts as a role of its own.
select said.role, best.panel
from (select distinct unnest(cast(:roles as text[])) as role) said
cross join lateral (
    select a.panel, a.score
    from anchor a
    join work w on w.build = :build and w.stage = 'anchor' and w.item = a.panel and w.input = a.input and w.version = a.version
    where a.node = :node and a.role = case said.role when 'denied' then 'mentioned' else said.role end
      and a.polarity = case said.role when 'denied' then 'negated' else 'affirmed' end
    order by a.score desc, a.panel
    limit :limit
) best
order by said.role, best.score desc, best.panel;

-- name: serve_panels_below_few
-- Panels that show a node or something under it, where they are few: gathered by node along the edges to those nodes
-- that have any at or below them, then put in order, and looked up in the build until enough are found. Nested look-ups
-- (offset 0 holds them apart) cost what the node has; a join over all edges or anchors costs what everything has.
with recursive down (key) as (
    select cast(:node as text)
    union
    select near.child
    from down d
    cross join lateral (
        select e.child
        from edge e
        cross join lateral (select n.id from node n where n.tree = e.tree and n.key = e.child offset 0) n
        cross join lateral (
            select 1 from page_node c where c.scope = :scope and c.node = n.id and c.panels > 0 offset 0
        ) c
        where e.tree = :tree and e.parent = d.key
        offset 0
    ) near
),
shown as (
    select near.panel, array_agg(d.key) as nodes
    from down d
    cross join lateral (
        select a.panel
        from anchor a
        where a.node = d.key and a.role = 'depicted' and a.polarity = 'affirmed' and a.panel > :after
        offset 0
    ) near
    group by near.panel
    order by near.panel
)
select s.panel
from shown s
cross join lateral (
    select 1
    from work w
    join anchor a on a.panel = w.item and a.input = w.input and a.version = w.version
    where w.build = :build and w.stage = 'anchor' and w.item = s.panel
      and a.role = 'depicted' and a.polarity = 'affirmed' and a.node = any (s.nodes)
    limit 1
) now
order by s.panel
limit :limit;

-- name: serve_panels_below_many
-- The same where they are many: panels are looked through in order until enough are found. A look-up for each (limit 1
-- holds it apart) stops there; a join reads all that stands below the node first.
select w.item as panel
from work w
cross join lateral (
    select 1
    from anchor a
    cross join lateral (select n.id from node n where n.tree = :tree and n.key = a.node offset 0) n
    cross join lateral (select 1 from closure c where c.node = n.id and c.ancestor = :id offset 0) c
    where a.panel = w.item and a.input = w.input and a.version = w.version
      and a.role = 'depicted' and a.polarity = 'affirmed'
    limit 1
) shown
where w.build = :build and w.stage = 'anchor' and w.item > :after
order by w.item
limit :limit;

-- name: serve_cards
-- What the card of each panel says.
select p.key, p.letter, p.position, p.box, p.image, p.spans, f.label, f.caption, i.width, i.height, m.label as modality,
       v.stage, v.keep, v.reason, n.name as node
from build_panel p
join lateral (
    select f.label, f.caption
    from figure f
    join article_file a on a.article = f.article and a.input = f.input and a.version = f.version
    join work w on w.build = p.build and w.stage = 'harvest' and w.item = a.item and w.input = a.input and w.version = a.version
    where f.key = p.figure
    order by f.input, f.version
    limit 1
) f on true
join image i on i.sha256 = p.image
left join build_modality m on m.build = p.build and m.panel = p.key
left join lateral (
    select v.stage, v.keep, v.reason, v.node from build_verdict v where v.build = p.build and v.panel = p.key
    order by v.stage = 'align' desc limit 1
) v on true
left join node n on n.tree = :tree and n.key = v.node
where p.build = :build and p.key = any (:keys);

-- name: serve_kept
-- Items that a stage kept, by key.
select w.item
from work w join ledger l using (stage, item, input, version)
where w.build = :build and w.stage = :stage and l.status = 'done' and w.item > :after
order by w.item
limit :limit;

-- name: serve_dropped
-- Items that a stage refused for a reason, by key. Drops of the tree belong to it and not to a work list.
select d.item, d.detail, d.work_item
from "drop" d
where d.stage = :stage and d.reason = :reason and d.item > :after and (
    exists (
        select 1 from work w
        where w.build = :build and w.stage = d.stage and w.item = d.work_item and w.input = d.input and w.version = d.version
    ) or (d.stage = 'tree' and d.work_item = (select key from tree where id = :tree))
)
order by d.item
limit :limit;

-- name: serve_image
-- The row of an image that figures or panels of any build show.
select sha256, media_type, bytes, width, height, mode, phash from image where sha256 = :sha256;

-- name: serve_alike
-- Panels of a build by how many of the 64 bits of their perceptual hash differ, up to `most`: of their four bands of 16
-- bits one at least is among those that are asked for. The indexes over bands hold the hashes; the few panels are looked
-- up one by one (offset 0 keeps it so).
with near as (
    select p.phash from panel p
    where (p.phash >> 48) & 65535 = any (cast(:first as bigint[]))
      and bit_count(cast(p.phash # cast(:phash as bigint) as bit(64))) <= :most
    union
    select p.phash from panel p
    where (p.phash >> 32) & 65535 = any (cast(:second as bigint[]))
      and bit_count(cast(p.phash # cast(:phash as bigint) as bit(64))) <= :most
    union
    select p.phash from panel p
    where (p.phash >> 16) & 65535 = any (cast(:third as bigint[]))
      and bit_count(cast(p.phash # cast(:phash as bigint) as bit(64))) <= :most
    union
    select p.phash from panel p
    where p.phash & 65535 = any (cast(:fourth as bigint[]))
      and bit_count(cast(p.phash # cast(:phash as bigint) as bit(64))) <= :most
)
select p.key, bit_count(cast(n.phash # cast(:phash as bigint) as bit(64))) as bits
from near n
cross join lateral (select key, figure, input, version from panel where phash = n.phash offset 0) p
cross join lateral (
    select 1 from work w
    where w.build = :build and w.stage = 'panels' and w.item = p.figure and w.input = p.input and w.version = p.version
    offset 0
) w
order by bits, p.key
limit :limit;

-- name: serve_node_names_like
-- Nodes whose name or synonym holds these words: names that begin with them first.
select n.key
from node n
where n.tree = :tree and (lower(n.name) like :pattern or joined(n.synonyms) like :pattern)
order by not starts_with(lower(n.name), :text), lower(n.name) not like :pattern, length(n.name), n.name, n.key
limit :limit;

-- name: serve_nodes_beginning
-- Nodes whose name begins with one or two characters.
select n.key from node n where n.tree = :tree and lower(n.name) like :pattern order by lower(n.name), n.key limit :limit;

-- name: serve_texts_like
-- Panels whose texts hold these words, those whose own caption does first.
with chosen as materialized (
    -- Of words that very many panels have, some are as good as others.
    select t.panel, ts_rank(t.words, wanted) as rank
    from panel_text t
    join work w on w.build = :build and w.stage = 'anchor' and w.item = t.panel and w.input = t.input and w.version = t.version,
         websearch_to_tsquery('english', :text) wanted
    where t.words @@ wanted
    limit 2000
)
select panel from chosen order by rank desc, panel limit :limit;

-- name: serve_named
-- Panels of the article, figure or image that is named: a key, PMCID, DOI or the beginning of an image's sha256.
select p.key
from (
    select f.key as figure from article a join figure f on f.article = a.key where a.key = :text or a.pmcid = :text or a.id = :text
    union
    select f.key from article a join figure f on f.article = a.key where lower(a.doi) = lower(:text)
    union
    select f.key from figure f where f.key = :text
) named
join panel p on p.figure = named.figure
union
select p.key from panel p where p.key = :text
union
select p.key from panel p where length(:text) >= 8 and p.image >= :text and p.image < :text || 'g'
order by key
limit :limit;

-- name: serve_grandchildren
-- The children of several nodes, up to so many of each, those with most below them first.
select p.key as parent, s.key, s.name, s.facet, s.below, s.children, s.panels, s.pairs
from node p
cross join lateral (
    select n.key, n.name, n.facet, c.below, c.children, c.panels, c.pairs
    from page_node c join node n on n.id = c.node
    where c.scope = :scope and c.parent = p.id
    order by c.below desc, c.node
    limit :each
) s
where p.tree = :tree and p.key = any (:parents)
order by p.key, s.below desc, s.key;

-- What `met score` reads of a built installation.

-- name: score_panels
select p.key, a.id as article, f.graphic, p.letter, p.position
from build_panel p
join build_figure f on f.build = p.build and f.key = p.figure
join build_article a on a.build = p.build and a.key = f.article
where p.build = :build
order by p.key;

-- name: score_anchors
select a.panel, a.node, a.role, a.polarity, a.score, a.method
from build_anchor a
where a.build = :build
order by a.key;

-- name: score_nodes
-- Every node of a tree with each CURIE that means it.
select key, facet, name, curie from node where tree = :tree
union all
select n.key, n.facet, n.name, a.alias
from node_alias a join node n on n.tree = a.tree and n.key = a.key
where a.tree = :tree
order by 1, 4;

-- name: score_near
-- The parents and children, by one edge of any kind, of the nodes that a build anchors to.
with anchored as (
    select n.id
    from node n
    where n.tree = :tree and n.key in (select node from build_anchor where build = :build)
)
select child.key as child, parent.key as parent
from closure c
join node child on child.id = c.node
join node parent on parent.id = c.ancestor
where c.tree = :tree and c.min_depth = 1 and (c.node in (select id from anchored) or c.ancestor in (select id from anchored))
order by 1, 2;

-- name: score_fates
-- Of each panel of a build the first reason of the filter against it, null where both stages kept it.
select a.id as article, f.graphic, p.image, d.panel is not null as duplicate,
       case when not s.keep then s.reason when v.keep is not true then coalesce(v.reason, 'undecided') end as refused
from build_panel p
join build_figure f on f.build = p.build and f.key = p.figure
join build_article a on a.build = p.build and a.key = f.article
join build_verdict s on s.build = p.build and s.panel = p.key and s.stage = 'screen'
left join build_verdict v on v.build = p.build and v.panel = p.key and v.stage = 'align'
left join build_duplicate d on d.build = p.build and d.panel = p.key
where p.build = :build
order by p.key;

-- Which panels of a build a node, or words, find. `top` (the number of a node) keeps to panels that are anchored,
-- affirmed and as what they show or as their diagnosis, at that node or below it; null keeps to nothing.

-- name: panels_by_words
-- Panels whose texts hold all words of one of `names`, or one of `short` and something of what is `around`: how close
-- together (`words`), and as the name has them (`phrase`), each by the place of the words. A match in the subcaption is
-- worth more than any number elsewhere.
with beside as (
    select cast(string_agg(distinct cast(phraseto_tsquery('english', each) as text), ' | ') as tsquery) as query
    from unnest(cast(:around as text[])) each
    where numnode(phraseto_tsquery('english', each)) > 0
),
asked as (
    select phraseto_tsquery('english', each) as phrase, plainto_tsquery('english', each) as words
    from unnest(cast(:names as text[])) each
    union
    select phraseto_tsquery('english', each) && b.query, phraseto_tsquery('english', each) && b.query
    from unnest(cast(:short as text[])) each cross join beside b
    where b.query is not null
)
select t.panel,
       round(max(ts_rank_cd('{0.02, 0.05, 0.3, 1.0}', t.words, q.phrase))::numeric, 4)::float8 as phrase,
       round(max(ts_rank_cd('{0.02, 0.05, 0.3, 1.0}', t.words, q.words))::numeric, 4)::float8 as words
from asked q
join build_panel_text t on t.words @@ q.words
where t.build = :build and numnode(q.words) > 0
  and (cast(:top as bigint) is null or exists (
      select 1
      from build_anchor a join closure c on c.ancestor = :top
      join node n on n.id = c.node and n.key = a.node
      where a.build = :build and a.panel = t.panel and a.polarity = 'affirmed' and a.role in ('depicted', 'diagnosis')
  ))
group by t.panel
order by phrase desc, words desc, t.panel
limit :limit;

-- name: panels_beside
-- Of these panels those whose texts tell of what is `around`: the more of it and the nearer to the panel, the higher.
with beside as (
    select cast(string_agg(distinct cast(phraseto_tsquery('english', each) as text), ' | ') as tsquery) as query
    from unnest(cast(:around as text[])) each
    where numnode(phraseto_tsquery('english', each)) > 0
)
select t.panel, round(ts_rank('{0.02, 0.05, 0.3, 1.0}', t.words, b.query)::numeric, 4)::float8 as value
from beside b join build_panel_text t on t.words @@ b.query
where t.build = :build and t.panel = any (:panels)
order by t.panel;

-- name: related_names
-- Names of what stands in a relation to a node, the surest first.
select n.name
from relation r
join node n on n.tree = r.tree and n.key = case when r.subject = :node then r.object else r.subject end
where r.tree = :tree and (r.subject = :node or r.object = :node)
order by r.confidence desc, n.name, n.key
limit 24;

-- name: panels_by_anchor
-- Panels whose texts name a node or one below it, with the anchor that says most: affirmed, shown, of the highest score.
select distinct on (a.panel) a.panel, a.role, a.polarity, a.score::float8 as score, n.name
from node asked
join closure c on c.ancestor = asked.id
join node n on n.id = c.node
join build_anchor a on a.build = :build and a.node = n.key
where asked.tree = :tree and asked.key = :node and a.method <> 'vector'
  and (cast(:top as bigint) is null or exists (
      select 1
      from build_anchor u join closure d on d.ancestor = :top
      join node m on m.id = d.node and m.key = u.node
      where u.build = :build and u.panel = a.panel and u.polarity = 'affirmed' and u.role in ('depicted', 'diagnosis')
  ))
order by a.panel, a.polarity, a.role <> 'depicted', a.role <> 'diagnosis', a.score desc, a.key;

-- name: panels_under_up_to
-- How many panels are anchored under `top`, counted no further than `most`.
select count(*) as panels
from (
    select distinct a.panel
    from closure c
    join node n on n.id = c.node
    join anchor a on a.node = n.key and a.polarity = 'affirmed' and a.role in ('depicted', 'diagnosis')
    join work w on w.build = :build and w.stage = 'anchor' and w.item = a.panel and w.input = a.input and w.version = a.version
    where c.ancestor = :top
    limit :most
) counted;

-- name: panels_in_build_up_to
-- How many panels of a build can be searched, counted no further than `most`.
select count(*) as panels from (select 1 from work where build = :build and stage = 'anchor' limit :most) counted;

-- name: nearest_panels_exact
-- The panels whose subcaptions are nearest to a vector, each compared: for a subtree, or for all.
with under as materialized (
    select distinct t.panel, t.text_digest
    from build_panel_text t
    where t.build = :build and t.subcaption <> '' and cast(:top as bigint) is null
    union
    select t.panel, t.text_digest
    from closure c
    join node n on n.id = c.node
    join anchor a on a.node = n.key and a.polarity = 'affirmed' and a.role in ('depicted', 'diagnosis')
    join work w on w.build = :build and w.stage = 'anchor' and w.item = a.panel and w.input = a.input and w.version = a.version
    join panel_text t on t.panel = w.item and t.input = w.input and t.version = w.version
    where c.ancestor = cast(:top as bigint) and t.subcaption <> ''
)
select u.panel, round((1 - (e.vector <=> cast(:vector as halfvec)))::numeric, 4)::float8 as cosine
from under u join embedding e on e.text_digest = u.text_digest and e.model = :model
order by cosine desc, u.panel
limit :limit;

-- name: nearest_panels_walk
-- The same by the HNSW index: it walks outward from the vector until so many panels that are wanted were met. What is
-- asked of a panel stands in a subquery that is not joined, so that nothing but the walk gives the order.
select t.panel, round((1 - (e.vector <=> cast(:vector as halfvec)))::numeric, 4)::float8 as cosine
from embedding e
join panel_text t on t.text_digest = e.text_digest
where e.model = :model and t.subcaption <> '' and case
    when cast(:top as bigint) is null then (
        select true from work w
        where w.build = :build and w.stage = 'anchor' and w.item = t.panel and w.input = t.input and w.version = t.version
    )
    else (
        select true
        from work w
        join anchor a on a.panel = w.item and a.input = w.input and a.version = w.version
        join node n on n.tree = :tree and n.key = a.node
        join closure c on c.node = n.id and c.ancestor = cast(:top as bigint)
        where w.build = :build and w.stage = 'anchor' and w.item = t.panel and w.input = t.input and w.version = t.version
          and a.polarity = 'affirmed' and a.role in ('depicted', 'diagnosis')
        limit 1
    )
end
order by e.vector <=> cast(:vector as halfvec)
limit :limit;

-- name: walk_settings
-- For this transaction: the walk goes on until it has found enough or has seen `most` vectors, and no plan sorts all.
select set_config('hnsw.iterative_scan', 'relaxed_order', true), set_config('hnsw.ef_search', cast(:ef as text), true),
       set_config('hnsw.max_scan_tuples', cast(:most as text), true), set_config('hnsw.scan_mem_multiplier', '4', true),
       set_config('enable_sort', 'off', true), set_config('enable_hashjoin', 'off', true),
       set_config('enable_mergejoin', 'off', true), set_config('enable_seqscan', 'off', true);

-- name: panel_excerpts
-- What a reader wants to see of panels: image, place, texts, kind of image.
select t.panel, p.letter, p.position, p.box, p.image, f.label, f.graphic, a.title as article, a.id as article_id,
       coalesce(nullif(t.subcaption, ''), f.caption) as text, coalesce(m.label, 'unknown') as modality,
       exists (select 1 from pair where pair.build = t.build and pair.panel = t.panel) as is_pair
from build_panel_text t
join build_panel p on p.build = t.build and p.key = t.panel
join build_figure f on f.build = t.build and f.key = p.figure
join build_article a on a.build = t.build and a.key = f.article
left join build_modality m on m.build = t.build and m.panel = t.panel
where t.build = :build and t.panel = any (:panels)
order by t.panel;

-- name: nodes_by_number
select id, key, name from node where tree = :tree order by key;

-- name: node_number
select id from node where tree = :tree and key = :node;

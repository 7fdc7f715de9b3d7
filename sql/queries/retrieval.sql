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

-- name: lock_searched
-- Until this transaction ends nobody makes the table of what is searched anew.
lock table searched in access share mode;

-- name: searched_state
select build, model, made, panels, fresh from searched_state;

-- name: lock_searched_anew
-- Writers first and the table last: no order of others meets these locks from the other side.
lock table panel_text in share mode;

-- name: lock_searched_state
lock table searched_state in exclusive mode;

-- name: lock_searched_rows
lock table searched in access exclusive mode;

-- name: searched_of
-- Changes whenever other rows of a build can be searched.
select concat_ws(' ', count(*), bit_xor(hashtextextended(concat_ws(' ', t.panel, t.input, t.version), 0))) as made
from build_panel_text t
where t.build = :build;

-- name: searched_is_fresh
update searched_state set fresh = true;

-- name: forget_searched
truncate searched;

-- name: drop_searched_index
drop index if exists searched_vectors;

-- name: fill_searched
-- Ancestors are looked up once a node that anything is anchored at: trees have many more.
with shown as materialized (
    select distinct a.panel, a.node
    from build_anchor a
    where a.build = :build and a.polarity = 'affirmed' and a.role in ('depicted', 'diagnosis')
),
above as materialized (
    select s.node, u.nodes
    from (select distinct node from shown) s
    join node n on n.tree = :tree and n.key = s.node
    cross join lateral (
        select array_agg(c.ancestor order by c.min_depth desc, c.ancestor) as nodes from closure c where c.node = n.id
    ) u
),
under as (
    select s.panel, joined_arrays(u.nodes order by s.node) as nodes
    from shown s join above u on u.node = s.node
    group by s.panel
)
insert into searched (panel, nodes, vector)
select t.panel, coalesce(u.nodes, '{}'), e.vector
from build_panel_text t
join embedding e on e.text_digest = t.text_digest and e.model = :model
left join under u on u.panel = t.panel
where t.build = :build and t.subcaption <> ''
order by coalesce(u.nodes, '{}'), t.panel;

-- name: index_memory
-- For this transaction: what is sorted and sampled is so in memory, which is several times as fast; and joins of whole
-- tables, whose size is not known beforehand, are never nested.
select set_config('maintenance_work_mem', '1GB', true), set_config('work_mem', '256MB', true),
       set_config('enable_nestloop', 'off', true);

-- name: index_searched
select index_searched(:panels);

-- name: analyze_searched
analyze searched;

-- name: put_searched_state
insert into searched_state (build, model, made, panels, fresh) values (:build, :model, :made, :panels, true)
on conflict (one) do update set build = excluded.build, model = excluded.model, made = excluded.made,
    panels = excluded.panels, fresh = true;

-- name: searched_under
-- How many panels can be searched under `top`, counted no further than `most`.
select count(*) as panels from (select 1 from searched where nodes @> array[cast(:top as bigint)] limit :most) counted;

-- name: nearest_of_all
-- The panels whose subcaptions are nearest to a vector, each compared; cosines in steps of 0.0001.
select panel, (10000 - steps) / 10000 as cosine
from (select panel, round(cast((vector <=> cast(:vector as halfvec)) * 10000 as float8)) as steps from searched) s
order by steps, panel
limit :limit;

-- name: nearest_under
-- The same of those under `top`.
select panel, (10000 - steps) / 10000 as cosine
from (
    select panel, round(cast((vector <=> cast(:vector as halfvec)) * 10000 as float8)) as steps
    from searched
    where nodes @> array[cast(:top as bigint)]
) s
order by steps, panel
limit :limit;

-- name: walk_settings
-- For this transaction: so many lists are read, by the index and in its order.
select set_config('ivfflat.iterative_scan', 'off', true), set_config('ivfflat.probes', cast(:lists as text), true),
       set_config('enable_sort', 'off', true), set_config('enable_seqscan', 'off', true),
       set_config('enable_bitmapscan', 'off', true);

-- name: compare_settings
-- For this transaction: what a walk turned off is on again.
select set_config('enable_sort', 'on', true), set_config('enable_seqscan', 'on', true),
       set_config('enable_bitmapscan', 'on', true);

-- name: walk_of_all
-- The same by the index over vectors: the lists whose centres are nearest are read.
select panel, (10000 - round(cast((vector <=> cast(:vector as halfvec)) * 10000 as float8))) / 10000 as cosine
from searched
order by vector <=> cast(:vector as halfvec)
limit :limit;

-- name: walk_under
select panel, (10000 - round(cast((vector <=> cast(:vector as halfvec)) * 10000 as float8))) / 10000 as cosine
from searched
where nodes @> array[cast(:top as bigint)]
order by vector <=> cast(:vector as halfvec)
limit :limit;

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

-- What commands look at beside one build or one item.

-- name: newest_tree
select id, key from tree where complete order by built_at desc, id desc limit 1;

-- name: spent
select stage, step, engine, model, calls, tokens_in, tokens_out, seconds, usd
from spent
order by stage, step, engine, model;

-- name: spent_on_item
select stage, step, engine, model, count(*) as calls, sum(tokens_in) as tokens_in, sum(tokens_out) as tokens_out,
       sum(seconds) as seconds, sum(usd) as usd
from call
where item = :item
group by stage, step, engine, model
order by stage, step, engine, model;

-- name: spent_under
-- What calls took about the panels of a build that are anchored at a node or below it.
with under as (
    select distinct a.panel
    from build_anchor a
    join build b on b.key = a.build
    join node n on n.tree = b.tree and n.key = a.node
    join closure c on c.node = n.id
    join node top on top.id = c.ancestor
    where a.build = :build and top.key = :node and a.polarity = 'affirmed'
)
select c.stage, c.step, c.engine, c.model, count(*) as calls, sum(c.tokens_in) as tokens_in,
       sum(c.tokens_out) as tokens_out, sum(c.seconds) as seconds, sum(c.usd) as usd
from call c join under u on u.panel = c.item
group by c.stage, c.step, c.engine, c.model
order by c.stage, c.step, c.engine, c.model;

-- name: spent_by_child
-- The same for each child of a node, the dearest first; a panel under several of them counts for each in full.
with below as (
    select distinct child.key, child.name, a.panel
    from build b
    join edge e on e.tree = b.tree and e.parent = :node
    join node child on child.tree = b.tree and child.key = e.child
    join closure c on c.ancestor = child.id
    join node n on n.id = c.node
    join build_anchor a on a.build = b.key and a.node = n.key and a.polarity = 'affirmed'
    where b.key = :build
)
select u.key, u.name, count(distinct u.panel) as panels, count(*) as calls, sum(c.tokens_in) as tokens_in,
       sum(c.tokens_out) as tokens_out, sum(c.seconds) as seconds, sum(c.usd) as usd
from below u join call c on c.item = u.panel
group by u.key, u.name
order by usd desc, seconds desc, u.name, u.key;

-- name: kept_by
-- The panels of a build that a stage kept.
select f.item
from finished f
where f.build = :build and f.stage = :stage and f.status = 'done';

-- name: kept_by_first
-- The panels that the first family of models kept in stage 2, whatever a second one said.
select f.item
from finished f
where f.build = :build and f.stage = 'align' and (f.status = 'done' or exists (
    select 1 from build_drop d where d.build = f.build and d.stage = f.stage and d.item = f.item and d.reason like 'verifier\_%'));

-- name: spent_by_step
-- What calls of each step took with this model, with any but `other` where none is named.
select step, sum(calls)::int as calls, sum(tokens_in)::float8 as tokens_in, sum(tokens_out)::float8 as tokens_out
from spent
where engine = 'vllm' and (cast(:model as text) is null or model = :model)
  and (cast(:other as text) is null or model <> :other)
group by step;

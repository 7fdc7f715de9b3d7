-- What commands look at beside one build or one item.

-- name: newest_tree
select id, key from tree where complete order by built_at desc, id desc limit 1;

-- name: spent
select stage, step, engine, model, calls, tokens_in, tokens_out, seconds, usd
from spent
order by stage, step, engine, model;

-- name: kept_by
-- The panels of a build that a stage kept.
select f.item
from finished f
where f.build = :build and f.stage = :stage and f.status = 'done';

-- name: spent_by_step
-- What calls of each step took with this model, with any where none is named.
select step, sum(calls)::int as calls, sum(tokens_in)::float8 as tokens_in, sum(tokens_out)::float8 as tokens_out
from spent
where engine = 'vllm' and (cast(:model as text) is null or model = :model)
group by step;

-- What commands look at beside one build or one item.

-- name: newest_tree
select id, key from tree where complete order by built_at desc, id desc limit 1;

-- name: spent
select stage, step, engine, model, calls, tokens_in, tokens_out, seconds, usd
from spent
order by stage, step, engine, model;

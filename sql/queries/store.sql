-- The catalogue, sources, builds, trees and vectors.

-- name: columns
select a.attname as name, format_type(a.atttypid, a.atttypmod) as type
from pg_class c join pg_attribute a on a.attrelid = c.oid
where c.relname = :relation and c.relkind in ('r', 'v') and pg_table_is_visible(c.oid)
  and a.attnum > 0 and not a.attisdropped and a.attidentity = ''
order by a.attnum;

-- name: put_source
insert into source (key, kind, uri, data_class, licence)
values (:key, :kind, :uri, :data_class, :licence)
on conflict (key) do update set kind = excluded.kind, uri = excluded.uri, data_class = excluded.data_class, licence = excluded.licence;

-- name: clear_source_files
delete from source_file where source = :source;

-- name: put_build
insert into build (key, sources, tree, engine, settings)
values (:key, :sources, :tree, :engine, :settings)
on conflict (key) do update set tree = excluded.tree;

-- name: find_tree
select id from tree where key = :key and complete;

-- name: tree_key
select key from tree where id = :id;

-- name: put_tree
insert into tree (key, inputs, version, complete, lexicon_digest, report)
values (:key, :inputs, :version, true, :lexicon_digest, :report)
on conflict (key) do nothing
returning id;

-- name: nodes_in_order
-- The numbers and the keys of a tree's nodes, each as one text, in the order of the keys.
select string_agg(id::text, chr(10) order by key collate "C") as ids, string_agg(key, chr(10) order by key collate "C") as keys
from node
where tree = :tree;

-- name: vectors
select text_digest, halfvec_send(vector) as vector from embedding where model = :model and text_digest = any (:digests);

-- name: analyze_work
analyze work, ledger;

-- name: analyze_tree
analyze node, node_alias, edge, closure, relation, document, evidence;

-- name: replies
select key, step, engine, model, text, refusal, tokens_in, tokens_out, seconds from reply where key = any (:keys);

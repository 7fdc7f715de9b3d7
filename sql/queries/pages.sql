-- Counts of pages: made by met/store/pages.py in one transaction. Parameters: scope, a build's key, or a tree's where no
-- build uses it; tree, its number.

-- name: page_scope
-- What pages show: the newest build over a tree, else the newest tree.
select coalesce(b.key, t.key) as scope, b.key as build, coalesce(b.tree, t.id) as tree, b.engine, b.created_at
from (select 1) one
left join lateral (
    select key, tree, engine, created_at from build where tree is not null order by created_at desc, key limit 1
) b on true
left join lateral (select id, key from tree where complete order by built_at desc, id desc limit 1) t on true
where coalesce(b.key, t.key) is not null;

-- name: page_seen
-- Changes whenever something happened that counts may show: a run, a gate, another tree of the build.
select concat_ws(' ', cast(:tree as integer),
                 (select max(coalesce(ended_at, started_at)) from run), (select count(*) from run where ended_at is not null),
                 (select max(key) from gate)) as seen;

-- name: page_state
select scope, seen, at, seconds, spent from page_state where scope = :scope;

-- name: forget_page_counts
delete from page_count where scope = :scope;

-- name: forget_page_nodes
delete from page_node where scope = :scope;

-- name: forget_page_roles
delete from page_role where scope = :scope;

-- name: count_stages
insert into page_count (scope, what, stage, name, items)
select w.build, 'status', w.stage, coalesce(l.status, 'pending'), count(*)
from work w left join ledger l using (stage, item, input, version)
where w.build = :scope
group by w.build, w.stage, coalesce(l.status, 'pending');

-- name: count_drops
insert into page_count (scope, what, stage, name, items)
select build, 'drop', stage, reason, count(*) from build_drop where build = :scope group by build, stage, reason;

-- name: count_modalities
insert into page_count (scope, what, stage, name, items)
select m.build, case when p.panel is null then 'modality' else 'pair_modality' end, '', m.label, count(*)
from build_modality m left join pair p on p.build = m.build and p.panel = m.panel
where m.build = :scope
group by m.build, p.panel is null, m.label;

-- name: count_licences
insert into page_count (scope, what, stage, name, items)
select f.build, 'licence', '', f.licence, count(*) from build_figure f where f.build = :scope group by f.build, f.licence;

-- name: count_made
insert into page_count (scope, what, stage, name, items)
select :scope, 'made', '', name, items
from (
    select 'articles' as name, count(*) as items from build_article where build = :scope
    union all select 'figures', count(*) from build_figure where build = :scope
    union all select 'panels', count(*) from build_panel where build = :scope
    union all select 'pairs', count(*) from pair where build = :scope
    union all select 'regions', count(*) from build_region where build = :scope
    union all select 'captions', count(*) from build_caption where build = :scope
    union all select 'questions', count(*) from build_question where build = :scope
) made;

-- name: count_nodes
with below as (
    select c.ancestor as node, count(*) - 1 as below
    from closure c where c.tree = :tree
    group by c.ancestor
),
shown as materialized (
    select distinct n.id as node, a.panel, p.panel is not null as is_pair
    from build_anchor a
    join node n on n.tree = :tree and n.key = a.node
    left join pair p on p.build = a.build and p.panel = a.panel
    where a.build = :scope and a.role = 'depicted' and a.polarity = 'affirmed'
),
counted as (
    select up.node, count(*) as panels, count(*) filter (where up.is_pair) as pairs
    from (select distinct c.ancestor as node, s.panel, s.is_pair from shown s join closure c on c.node = s.node) up
    group by up.node
),
children as (
    select parent, count(*) as children from edge where tree = :tree and is_primary group by parent
)
insert into page_node (scope, node, parent, below, children, panels, pairs)
select :scope, n.id, p.id, coalesce(b.below, 0), coalesce(k.children, 0), coalesce(c.panels, 0), coalesce(c.pairs, 0)
from node n
left join edge e on e.tree = n.tree and e.child = n.key and e.is_primary
left join node p on p.tree = n.tree and p.key = e.parent
left join below b on b.node = n.id
left join counted c on c.node = n.id
left join children k on k.parent = n.key
where n.tree = :tree;

-- name: count_roles
insert into page_role (scope, node, role, panels)
select a.build, a.node, case when a.polarity = 'negated' then 'denied' else a.role end, count(distinct a.panel)
from build_anchor a
where a.build = :scope
group by a.build, a.node, case when a.polarity = 'negated' then 'denied' else a.role end;

-- name: put_page_state
insert into page_state (scope, seen, seconds, spent)
select :scope, :seen, :seconds, coalesce(jsonb_agg(to_jsonb(s) order by s.stage, s.step, s.engine, s.model), '[]') from spent s
on conflict (scope) do update set seen = excluded.seen, seconds = excluded.seconds, spent = excluded.spent, at = now();

-- name: analyze_pages
analyze page_count, page_node, page_role;

-- name: lock_pages
select pg_advisory_xact_lock(:number);

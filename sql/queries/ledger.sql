-- Planning, leasing and closing work. A worker is alive while it holds the advisory lock (1296389185, its id).

-- name: lock_build
select pg_advisory_xact_lock(1296389186, hashtext(:build));

-- name: open_work
insert into ledger (stage, item, input, version, status)
select stage, item, input, version, 'pending'
from work
where build = :build and stage = :stage
order by stage, item, input, version
on conflict do nothing;

-- name: add_worker
insert into worker (host, pid) values (%s, %s) returning id;

-- name: pending
with dead as materialized (
    select d.worker
    from (select distinct worker from ledger where stage = :stage and status = 'leased') d
    where not worker_alive(d.worker)
)
select l.item
from work w join ledger l using (stage, item, input, version)
where w.build = :build and w.stage = :stage
  and (l.status = 'pending' or l.status = 'leased' and l.worker in (select worker from dead))
order by l.item collate "C";

-- name: lease
with dead as materialized (
    select d.worker
    from (select distinct worker from ledger where stage = :stage and status = 'leased') d
    where not worker_alive(d.worker)
), free as materialized (
    select l.stage, l.item, l.input, l.version
    from work w join ledger l using (stage, item, input, version)
    where w.build = :build and w.stage = :stage and w.item = any (:items)
      and (l.status = 'pending' or l.status = 'leased' and l.worker in (select worker from dead))
    order by l.item
    for update of l skip locked
), leased as (
    update ledger l
    set status = 'leased', attempt = :attempt, worker = :worker, attempts = l.attempts + 1, run = :run, at = now()
    from free f
    where (l.stage, l.item, l.input, l.version) = (f.stage, f.item, f.input, f.version)
    returning l.item, l.input, l.version
)
select item, input, version from leased order by item collate "C";

-- name: close_work
update ledger l
set status = d.status, output = d.output, run = :run, seconds = :seconds, at = now()
from unnest(cast(:items as text[]), cast(:inputs as text[]), cast(:versions as text[]), cast(:statuses as text[]), cast(:outputs as text[]))
     as d (item, input, version, status, output)
where l.stage = :stage and l.item = d.item and l.input = d.input and l.version = d.version
  and l.status = 'leased' and l.attempt = :attempt;

-- name: release
update ledger set status = 'pending', attempt = null, worker = null, at = now()
where stage = :stage and item = any (:items) and status = 'leased' and attempt = :attempt;

-- name: progress
select stage, coalesce(status, 'unplanned') as status, count(*) as items
from work left join ledger using (stage, item, input, version)
where build = :build
group by stage, coalesce(status, 'unplanned')
order by stage, status;

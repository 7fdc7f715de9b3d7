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
-- Panels of one figure follow each other, so that whoever works on them reads its file once.
with dead as materialized (
    select d.worker
    from (select distinct worker from ledger where stage = :stage and status = 'leased') d
    where not worker_alive(d.worker)
)
select l.item
from work w join ledger l using (stage, item, input, version)
left join build_panel p on p.build = w.build and p.key = l.item
where w.build = :build and w.stage = :stage
  and (l.status = 'pending' or l.status = 'leased' and l.worker in (select worker from dead))
order by p.figure collate "C" nulls first, l.item collate "C";

-- name: unfinished
select l.item
from work w join ledger l using (stage, item, input, version)
where w.build = :build and w.stage = :stage and l.status in ('pending', 'leased')
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
select d.item, d.input, d.version, w.said
from leased d join work w on w.build = :build and w.stage = :stage and w.item = d.item
order by d.item collate "C";

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

-- Forgetting what stages made of the items of `opened`: the rows whose (input, version) the ledger names. Two files of
-- the same content share their rows, so whoever shares them is opened as well.

-- name: reopen
with named as (
    select stage, input, version from work
    where build = :build and stage = any (:stages) and item = any (:items)
)
update ledger l
set status = 'pending', output = null, attempt = null, worker = null, seconds = null, at = now()
from (select distinct stage, input, version from named) n
where l.stage = n.stage and l.input = n.input and l.version = n.version
returning l.stage, l.item, l.input, l.version;

-- name: forget_drop
delete from "drop" where stage = :stage and work_item = any (:items) and (input, version) in (
    select * from unnest(cast(:inputs as text[]), cast(:versions as text[])));

-- name: forget_mention
delete from mention m using figure f, article_file a
where m.figure = f.key and f.article = a.article and a.item = any (:items)
  and (m.input, m.version) = (a.input, a.version) and (f.input, f.version) = (a.input, a.version) and (a.input, a.version) in (
    select * from unnest(cast(:inputs as text[]), cast(:versions as text[])));

-- name: forget_figure
delete from figure f using article_file a
where f.article = a.article and a.item = any (:items) and (f.input, f.version) = (a.input, a.version) and (a.input, a.version) in (
    select * from unnest(cast(:inputs as text[]), cast(:versions as text[])));

-- name: forget_fact
delete from fact r using article_file a
where r.article = a.article and a.item = any (:items) and (r.input, r.version) = (a.input, a.version) and (a.input, a.version) in (
    select * from unnest(cast(:inputs as text[]), cast(:versions as text[])));

-- name: forget_known_region
delete from known_region r using article_file a
where r.article = a.article and a.item = any (:items) and (r.input, r.version) = (a.input, a.version) and (a.input, a.version) in (
    select * from unnest(cast(:inputs as text[]), cast(:versions as text[])));

-- name: forget_article
delete from article r using article_file a
where r.key = a.article and a.item = any (:items) and (r.input, r.version) = (a.input, a.version) and (a.input, a.version) in (
    select * from unnest(cast(:inputs as text[]), cast(:versions as text[])));

-- name: forget_article_file
delete from article_file where item = any (:items) and (input, version) in (
    select * from unnest(cast(:inputs as text[]), cast(:versions as text[])));

-- name: forget_drawn_text
delete from drawn_text where image = any (:items) and (input, version) in (
    select * from unnest(cast(:inputs as text[]), cast(:versions as text[])));

-- name: forget_privacy_check
delete from privacy_check where panel = any (:items) and (input, version) in (
    select * from unnest(cast(:inputs as text[]), cast(:versions as text[])));

-- name: forget_panel
delete from panel where figure = any (:items) and (input, version) in (
    select * from unnest(cast(:inputs as text[]), cast(:versions as text[])));

-- name: forget_duplicate
delete from duplicate where cast(:items as text[]) is not null and (input, version) in (
    select * from unnest(cast(:inputs as text[]), cast(:versions as text[])));

-- name: forget_modality
delete from modality where panel = any (:items) and (input, version) in (
    select * from unnest(cast(:inputs as text[]), cast(:versions as text[])));

-- name: forget_anchor
delete from anchor where panel = any (:items) and (input, version) in (
    select * from unnest(cast(:inputs as text[]), cast(:versions as text[])));

-- name: forget_panel_text
delete from panel_text where panel = any (:items) and (input, version) in (
    select * from unnest(cast(:inputs as text[]), cast(:versions as text[])));

-- name: forget_verdict
delete from verdict where panel = any (:items) and (input, version) in (
    select * from unnest(cast(:inputs as text[]), cast(:versions as text[])));

-- name: forget_region
delete from region where panel = any (:items) and (input, version) in (
    select * from unnest(cast(:inputs as text[]), cast(:versions as text[])));

-- name: forget_cited_sentence
delete from cited_sentence where panel = any (:items) and (input, version) in (
    select * from unnest(cast(:inputs as text[]), cast(:versions as text[])));

-- name: forget_caption
delete from caption where panel = any (:items) and (input, version) in (
    select * from unnest(cast(:inputs as text[]), cast(:versions as text[])));

-- name: forget_question
delete from question where panel = any (:items) and (input, version) in (
    select * from unnest(cast(:inputs as text[]), cast(:versions as text[])));

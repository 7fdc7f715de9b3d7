-- name: stage_progress
-- How far the stages are that somebody works on right now: items of the work list, and those that are finished.
with active as (
    select distinct w.build, w.stage
    from ledger l join work w using (stage, item, input, version)
    where l.status = 'leased'
)
select w.stage, count(*) as items, count(*) filter (where l.status in ('done', 'dropped')) as finished
from active a
join work w on w.build = a.build and w.stage = a.stage
left join ledger l on l.stage = w.stage and l.item = w.item and l.input = w.input and l.version = w.version
group by w.build, w.stage
order by w.stage;

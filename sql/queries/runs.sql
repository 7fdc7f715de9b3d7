-- Runs and gates.

-- name: start_run
insert into run (key, flow, parameters, machine, prefect_run)
values (:key, :flow, :parameters, :machine, :prefect_run);

-- name: end_run
update run set ended_at = now(), status = :status, seconds = :seconds where key = :key;

-- name: put_gate
insert into gate (build, name, run, passed, expectations, failing)
values (:build, :name, :run, :passed, :expectations, :failing);

-- name: spent_since
select coalesce(sum(c.usd), 0) as usd
from call c
where c.at >= (select r.started_at from run r where r.key = :run);

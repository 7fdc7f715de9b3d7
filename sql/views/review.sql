-- What each reviewer last said of each item, whatever plan it was in; what was taken back is left out.
create view standing_review as
select r.*
from (select distinct on (item, reviewer) * from review order by item, reviewer, turn desc) r
where r.judgement <> 'undo';

-- What became of each panel of a build: the verdict of the last stage of the filter that saw it.
create view panel_fate as
select distinct on (v.build, v.panel) v.build, v.panel, v.stage, v.reason, v.keep, v.node
from build_verdict v
order by v.build, v.panel, v.stage, v.key;

-- What was said that changes the result of a stage for an item, as one text: part of the item's input. The kind of
-- reviewer that stands first decides alone, so what the others say of the item is left out. What a model rejects has gone
-- before stage 2, and what it accepts changes nothing. `says`: accept, reject, differ where they do not agree,
-- or correct where the node of a pair is another.
create view review_input as
with ranked as (
    select r.*, array_position(array['clinician', 'annotator', 'model'], r.reviewer_kind) as rank from standing_review r
), first_kind as (
    select r.*, min(r.rank) over (partition by r.item) as first_rank from ranked r
), deciding as (
    select r.*, r.reviewer_kind <> 'model' as by_people,
           bool_or(r.judgement = 'reject') over (partition by r.item) as rejected,
           bool_or(r.correction ? 'spans') over (partition by r.item) as spans,
           bool_or(r.correction ? 'modality') over (partition by r.item) as modality,
           bool_or(r.correction ?| array['role', 'node']) over (partition by r.item) as place,
           bool_or(r.correction ? 'question') over (partition by r.item) as question
    from first_kind r
    where r.rank = r.first_rank
)
select s.stage, s.item, string_agg(d.key, ',' order by d.key collate "C") as said,
       case when bool_and(d.judgement = 'reject') then 'reject' when bool_or(d.rejected) then 'differ'
            when bool_or(d.correction ? 'node') then 'correct' else 'accept' end as says
from deciding d
cross join lateral (
    values ('panels', d.figure, d.kind = 'pair' and d.by_people and d.spans),
           ('modality', d.panel, d.kind = 'pair' and d.by_people and d.modality),
           ('anchor', d.panel, d.kind = 'pair' and d.place or d.kind = 'anchor' and (d.place or d.rejected)),
           ('screen', d.panel, d.kind = 'pair' and (d.by_people or d.rejected)),
           ('align', d.panel, d.kind = 'pair' and d.by_people),
           ('caption', d.panel, d.kind = 'caption' and d.rejected),
           ('question', d.panel, d.kind = 'question' and (d.rejected or d.by_people and d.question))
) s (stage, item, matters)
where s.matters and s.item is not null
group by s.stage, s.item;

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

-- What was said that changes the result of a stage for an item, as one text: part of the item's input. What a model
-- rejects has gone before stage 2, and what it accepts changes nothing, so no judge is asked again for its sake.
create view review_input as
select s.stage, s.item, string_agg(r.key, ',' order by r.key collate "C") as said
from standing_review r
cross join lateral (
    values ('panels', r.figure, r.correction ? 'spans'),
           ('modality', r.panel, r.correction ? 'modality'),
           ('anchor', r.panel, r.kind = 'anchor' or r.correction ?| array['role', 'node']),
           ('screen', r.panel, r.kind = 'pair'),
           ('align', r.panel, r.kind = 'pair' and r.reviewer_kind <> 'model'),
           ('caption', r.panel, r.kind = 'caption'),
           ('question', r.panel, r.kind = 'question')
) s (stage, item, matters)
where s.matters and s.item is not null
group by s.stage, s.item;

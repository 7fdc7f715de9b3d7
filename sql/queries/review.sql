-- Plans of review, their items, and what reviewers judged.

-- name: review_subject
-- What an item of a build is to a reviewer: its kind, what became of it, the digest of the rows that are judged, and
-- which of its fields hold what people said and not what the engine did.
with subject as (
    select 'pair' as kind, p.key as item, p.key as panel, f.stage, f.reason, f.keep as kept, f.node,
           coalesce(f.node, '') as content,
           array_remove(array[
               case when exists (
                   select 1 from build_modality m where m.build = :build and m.panel = p.key and m.method like 'review:%'
               ) then 'modality' end,
               case when anchored.by_people then 'role' end,
               case when anchored.by_people then 'node' end
           ], null) as corrected
    from build_panel p
    join panel_fate f on f.build = p.build and f.panel = p.key
    cross join lateral (
        select count(*) > 0 as by_people
        from build_anchor a where a.build = :build and a.panel = p.key and a.method like 'review:%'
    ) anchored
    where p.build = :build and p.key = :item
    union all
    select 'anchor', a.key, a.panel, 'anchor', a.role, a.polarity = 'affirmed', a.node,
           concat_ws(chr(31), a.node, a.role, a.polarity, a.certainty, a.field, a.start_char, a.end_char),
           case when a.method like 'review:%' then array['role', 'node'] else '{}' end
    from build_anchor a where a.build = :build and a.key = :item
    union all
    select 'caption', c.key, c.panel, 'caption', c.kind, true, null, concat_ws(chr(31), c.kind, c.text), '{}'
    from build_caption c where c.build = :build and c.key = :item
    union all
    select 'question', q.key, q.panel, 'question', q.kind, true, null,
           concat_ws(chr(31), q.kind, q.text, array_to_string(q.options, chr(30)), q.answer, q.rationale),
           case when q.model like 'review:%' then array['question'] else '{}' end
    from build_question q where q.build = :build and q.key = :item
)
select s.kind, s.item, s.panel, s.stage, s.reason, s.kept, s.node, digest_of(p.digest, s.content) as seen, s.corrected,
       f.key as figure, p.digest as panel_digest, f.digest as figure_digest
from subject s
join build_panel p on p.build = :build and p.key = s.panel
cross join lateral (
    -- By key: the view of all figures puts every article of the build in order first.
    select f.key, f.digest
    from figure f
    join article_file a on a.article = f.article and a.input = f.input and a.version = f.version
    join work w on w.build = p.build and w.stage = 'harvest' and w.item = a.item and w.input = a.input and w.version = a.version
    where f.key = p.figure
    order by f.input, f.version
    limit 1
) f
union all
(
    select 'refused', d.item, null, d.stage, d.reason, false, null, digest_of(d.detail::text), '{}', null, null, null
    from build_drop d
    where d.build = :build and d.item = :item and d.stage in ('harvest', 'panels')
    order by d.stage, d.reason
)
limit 1;

-- name: review_plans
select key, name, build, seed, size, settings from review_plan order by at desc, key;

-- name: plan_sizes
-- How many items plans have: fewer than were asked for where the build has no more.
select plan, count(*)::int as items from plan_item where plan = any (:plans) group by plan;

-- name: review_turns
-- How often this reviewer spoke of the item, and under which kind he or she ever spoke of any.
select coalesce(max(turn) filter (where item = :item), -1)::int as turn, min(reviewer_kind) as kind
from review
where reviewer = :reviewer;

-- name: put_review
insert into review (key, plan, build, item, kind, panel, stage, kept, reviewer, reviewer_kind, turn, judgement, reason, note,
                    correction, seen, figure, panel_digest, figure_digest, node)
values (:key, :plan, :build, :item, :kind, :panel, :stage, :kept, :reviewer, :reviewer_kind, :turn, :judgement, :reason,
        :note, :correction, :seen, :figure, :panel_digest, :figure_digest, :node)
on conflict do nothing;

-- name: next_of_plan
-- The first items of a plan that this reviewer has not judged in it. What others said is not looked at.
select i.*
from plan_item i
where i.plan = :plan and not exists (
    select 1
    from (select distinct on (r.item) r.item, r.judgement
          from review r where r.plan = :plan and r.reviewer = :reviewer order by r.item, r.turn desc) said
    where said.item = i.item and said.judgement <> 'undo'
)
order by i.position
limit :limit;

-- name: last_review
-- What this reviewer said last and has not taken back, in a plan or of an item where one is given.
select r.item
from (select distinct on (item) * from review where reviewer = :reviewer order by item, turn desc) r
where r.judgement <> 'undo'
  and (cast(:plan as text) is null or r.plan = :plan) and (cast(:item as text) is null or r.item = :item)
order by r.at desc, r.item
limit 1;

-- name: said_in_plan
-- The last word of each reviewer on each item of a plan, as it was said in that plan.
select * from (
    select distinct on (item, reviewer) * from review where plan = :plan order by item, reviewer, turn desc
) said
where judgement <> 'undo'
order by item, reviewer;

-- name: plan_progress
select said.reviewer, said.reviewer_kind, count(*)::int as done,
       count(*) filter (where said.judgement = 'accept')::int as accepted,
       count(*) filter (where said.judgement = 'reject')::int as rejected,
       count(*) filter (where said.judgement = 'correct')::int as corrected
from (
    select distinct on (item, reviewer) * from review where plan = :plan order by item, reviewer, turn desc
) said
where said.judgement <> 'undo'
group by said.reviewer, said.reviewer_kind
order by said.reviewer;

-- name: standing_of_panels
-- Standing judgements of these panels and of what was made of them.
select * from (
    select distinct on (item, reviewer) * from review where panel = any (:panels) order by item, reviewer, turn desc
) said
where judgement <> 'undo'
order by item, reviewer;

-- name: review_candidates
-- Every item of a build that a plan may draw, once; under a node (its key) where one is given.
with chosen as (
    select distinct a.panel
    from build_anchor a
    join build b on b.key = a.build
    join node n on n.tree = b.tree and n.key = a.node
    join closure c on c.node = n.id
    join node top on top.id = c.ancestor
    where a.build = :build and cast(:node as text) is not null and top.key = :node and a.polarity = 'affirmed'
),
scored as (
    select v.build, v.panel,
           max(cast(coalesce(v.signals ->> 'score', v.signals -> 'anchor' ->> 'score') as float8))
               filter (where v.stage = f.stage) as score
    from build_verdict v join panel_fate f on f.build = v.build and f.panel = v.panel
    where v.build = :build
    group by v.build, v.panel
),
everything as (
    select p.key as item, 'pair' as kind, p.key as panel, f.stage, f.reason, f.keep as kept, n.facet, s.score
    from build_panel p
    join panel_fate f on f.build = p.build and f.panel = p.key
    join build b on b.key = p.build
    left join scored s on s.panel = p.key
    left join node n on n.tree = b.tree and n.key = f.node
    where p.build = :build
    union all
    select a.key, 'anchor', a.panel, 'anchor', a.role || case when a.polarity = 'negated' then '-negated' else '' end,
           a.polarity = 'affirmed', n.facet, a.score
    from build_anchor a
    join build b on b.key = a.build
    left join node n on n.tree = b.tree and n.key = a.node
    where a.build = :build
    union all
    select c.key, 'caption', c.panel, 'caption', c.kind, true, null, null from build_caption c where c.build = :build
    union all
    select q.key, 'question', q.panel, 'question', q.kind, true, null, null from build_question q where q.build = :build
)
select * from everything where cast(:node as text) is null or panel in (select panel from chosen)
union all
(
    select distinct on (d.item) d.item, 'refused', null, d.stage, d.reason, false, null, null
    from build_drop d
    where d.build = :build and d.stage in ('harvest', 'panels') and cast(:node as text) is null
    order by d.item, d.stage, d.reason
);

-- name: modalities_of_panels
select panel, label from build_modality where build = :build and panel = any (:panels);

-- name: standing_of_figures
-- Standing judgements of all panels of these figures.
select * from (
    select distinct on (item, reviewer) * from review where figure = any (:figures) order by item, reviewer, turn desc
) said
where judgement <> 'undo'
order by item, reviewer;

-- name: why_reviews
-- Every turn of what was said of these panels, of what was made of them, and of these items that never became a panel.
select r.key, r.item, r.kind, r.panel, r.reviewer, r.reviewer_kind, r.turn, r.judgement, r.reason, r.note, r.correction, r.at,
       p.name as plan, r.turn = max(r.turn) over (partition by r.item, r.reviewer) and r.judgement <> 'undo' as stands
from review r left join review_plan p on p.key = r.plan
where r.panel = any (:panels) or r.item = any (:items)
order by r.item, r.at, r.reviewer, r.turn;

-- name: awaited_reviewers
-- By item those who have judged something in a plan of it, and not yet the item itself.
select distinct i.item, r.reviewer
from plan_item i
join review r on r.plan = i.plan
where i.item = any (:items) and not exists (
    select 1
    from (select distinct on (s.item) s.judgement
          from review s where s.item = i.item and s.reviewer = r.reviewer order by s.item, s.turn desc) said
    where said.judgement <> 'undo'
)
order by i.item, r.reviewer;

-- name: heeded_reviews
-- The reviews that inputs of a build name, of these items of work: panels and figures.
select distinct unnest(string_to_array(w.said, ',')) as review
from work w
where w.build = :build and w.item = any (:items) and w.said is not null
  and w.stage in ('panels', 'modality', 'anchor', 'screen', 'align', 'caption', 'question');

-- name: refused_for_reviews
-- What a build refused because of what was said of it.
select distinct d.item
from work w
join "drop" d on d.stage = w.stage and d.work_item = w.item and d.input = w.input and d.version = w.version
where w.build = :build and w.stage in ('anchor', 'caption', 'question') and w.item = any (:panels)
  and d.reason = 'review_rejected';

-- name: all_standing
select * from standing_review order by item, reviewer;

-- The work list of each stage of a build: which items, and the digest of all that each result depends on.
-- Parameters: build, version. `plan_heed` then adds what reviewers said to the inputs of the items that it changes.

-- name: plan_clear
delete from work where build = :build and stage = :stage;

-- name: plan_heed
-- Who agrees with what the filter alone has said changes nothing, so nothing is made anew for it.
update work w
set input = with_said(w.input, r.said), base = w.input, said = r.said
from review_input r
where w.build = :build and w.stage = :stage and r.stage = :stage and r.item = w.item
  and not (w.stage in ('screen', 'align') and exists (
      select 1 from ledger l
      where l.stage = w.stage and l.item = w.item and l.input = w.input and l.version = w.version
        and (r.says, l.status) in (('accept', 'done'), ('reject', 'dropped'), ('differ', 'done'), ('differ', 'dropped'))
  ));

-- name: plan_harvest
insert into work (build, stage, item, input, version)
select b.key, 'harvest', f.item, f.digest, :version
from build b join source_file f on f.source = any (b.sources)
where b.key = :build;

-- name: plan_ocr
-- Nothing where no reader is set: its version ends in "-none" then.
insert into work (build, stage, item, input, version)
select distinct f.build, 'ocr', f.image, f.image, :version
from build_figure f
where f.build = :build and :version not like '%-none';

-- name: plan_panels
insert into work (build, stage, item, input, version)
select f.build, 'panels', f.key,
       case when o.output is null then f.digest else digest_of(f.digest, o.output) end, :version
from build_figure f
left join finished o on o.build = f.build and o.item = f.image and o.stage = 'ocr'
where f.build = :build;

-- name: plan_modality
insert into work (build, stage, item, input, version)
select p.build, 'modality', p.key, p.digest, :version
from build_panel p
where p.build = :build;

-- name: plan_privacy
insert into work (build, stage, item, input, version)
select p.build, 'privacy', p.key, digest_of(p.digest, m.output, a.digest, coalesce(k.facts, ''), coalesce(o.output, '')), :version
from build_panel p
join finished m on m.build = p.build and m.item = p.key and m.stage = 'modality' and m.status = 'done'
join build_figure f on f.build = p.build and f.key = p.figure
join build_article a on a.build = p.build and a.key = f.article
left join finished o on o.build = p.build and o.item = p.image and o.stage = 'ocr'
left join lateral (
    select string_agg(k.facts::text, ',' order by k.key) as facts
    from build_fact k
    where k.build = p.build and k.subject in (p.figure, f.article)
) k on true
where p.build = :build;

-- name: plan_duplicates
insert into work (build, stage, item, input, version)
-- Which panel of a cluster is kept rests on what privacy says of it, too.
select p.build, 'duplicates', 'corpus:' || digest_of(variadic array_agg(p.digest order by p.key)),
       digest_of(variadic array_agg(digest_of(p.digest, coalesce(x.output, '')) order by p.key)), :version
from build_panel p
left join finished x on x.build = p.build and x.item = p.key and x.stage = 'privacy'
where p.build = :build
group by p.build;

-- name: plan_anchor
insert into work (build, stage, item, input, version)
-- What anchoring reads of the tree: names, vectors, facets and edges. A text that only adds evidence anchors nothing anew.
with guides as materialized (
    select digest_of(
        t.lexicon_digest,
        (select md5(string_agg(concat_ws(' ', n.key, n.facet, n.text_digest), ',' order by n.key collate "C"))
         from node n where n.tree = t.id),
        (select md5(string_agg(
            concat_ws(' ', e.child, e.parent, e.kind, e.is_primary), ',' order by e.child collate "C", e.parent collate "C", e.kind
         )) from edge e where e.tree = t.id)
    ) as digest
    from build b join tree t on t.id = b.tree
    where b.key = :build
)
select p.build, 'anchor', p.key, digest_of(p.digest, m.output, guides.digest), :version
from build_panel p cross join guides
join finished m on m.build = p.build and m.item = p.key and m.stage = 'modality' and m.status = 'done'
where p.build = :build;

-- name: plan_screen
insert into work (build, stage, item, input, version)
select p.build, 'screen', p.key,
       digest_of(p.digest, m.output, a.output, coalesce(d.keeper, ''), x.output, coalesce(b.settings ->> 'phi', '')), :version
from build_panel p
join build b on b.key = p.build
join finished m on m.build = p.build and m.item = p.key and m.stage = 'modality' and m.status = 'done'
join finished x on x.build = p.build and x.item = p.key and x.stage = 'privacy' and x.status = 'done'
join finished a on a.build = p.build and a.item = p.key and a.stage = 'anchor' and a.status = 'done'
left join build_duplicate d on d.build = p.build and d.panel = p.key
where p.build = :build;

-- name: plan_align
insert into work (build, stage, item, input, version)
select p.build, 'align', p.key, digest_of(p.digest, s.output, a.output, m.output, n.digest), :version
from build_panel p
join finished s on s.build = p.build and s.item = p.key and s.stage = 'screen' and s.status = 'done'
join finished a on a.build = p.build and a.item = p.key and a.stage = 'anchor' and a.status = 'done'
join finished m on m.build = p.build and m.item = p.key and m.stage = 'modality' and m.status = 'done'
left join (
    select a.build, a.panel, digest_of(variadic array_agg(distinct n.digest)) as digest
    from build_anchor a join build b on b.key = a.build join node n on n.tree = b.tree and n.key = a.node
    where a.build = :build
    group by a.build, a.panel
) n on n.build = p.build and n.panel = p.key
where p.build = :build;

-- name: plan_regions
insert into work (build, stage, item, input, version)
select p.build, 'regions', p.key, digest_of(p.digest, v.output), :version
from build_panel p
join finished v on v.build = p.build and v.item = p.key and v.stage = 'align' and v.status = 'done'
where p.build = :build;

-- name: plan_summary
-- The mentions of a figure are part of its digest, and so of its panels'.
insert into work (build, stage, item, input, version)
select p.build, 'summary', p.key, digest_of(p.digest, v.output, m.output), :version
from build_panel p
join finished v on v.build = p.build and v.item = p.key and v.stage = 'align' and v.status = 'done'
join finished m on m.build = p.build and m.item = p.key and m.stage = 'modality' and m.status = 'done'
where p.build = :build;

-- name: plan_caption
-- What stage 2 rested on, without what people said of the pair: of their word the verdict alone is read.
insert into work (build, stage, item, input, version)
select p.build, 'caption', p.key, digest_of(p.digest, coalesce(v.base, v.input), v.output, r.output, c.output), :version
from build_panel p
join finished v on v.build = p.build and v.item = p.key and v.stage = 'align' and v.status = 'done'
join finished r on r.build = p.build and r.item = p.key and r.stage = 'regions' and r.status = 'done'
join finished c on c.build = p.build and c.item = p.key and c.stage = 'summary' and c.status = 'done'
where p.build = :build;

-- name: plan_question
-- Wrong options come from anywhere in the tree: from where the anchors do, so the input of anchoring names what is read.
insert into work (build, stage, item, input, version)
select p.build, 'question', p.key,
       digest_of(p.digest, coalesce(v.base, v.input), v.output, s.output, c.output, coalesce(a.base, a.input)), :version
from build_panel p
join finished a on a.build = p.build and a.item = p.key and a.stage = 'anchor' and a.status = 'done'
join finished s on s.build = p.build and s.item = p.key and s.stage = 'summary' and s.status = 'done'
join finished v on v.build = p.build and v.item = p.key and v.stage = 'align' and v.status = 'done'
join finished c on c.build = p.build and c.item = p.key and c.stage = 'caption' and c.status = 'done'
where p.build = :build;

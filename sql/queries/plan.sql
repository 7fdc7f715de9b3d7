-- The work list of each stage of a build: which items, and the digest of all that each result depends on.
-- Parameters: build, version.

-- name: plan_clear
delete from work where build = :build and stage = :stage;

-- name: plan_harvest
insert into work (build, stage, item, input, version)
select b.key, 'harvest', f.item, f.digest, :version
from build b join source_file f on f.source = any (b.sources)
where b.key = :build;

-- name: plan_panels
insert into work (build, stage, item, input, version)
select f.build, 'panels', f.key, f.digest, :version
from build_figure f
where f.build = :build;

-- name: plan_modality
insert into work (build, stage, item, input, version)
select p.build, 'modality', p.key, p.digest, :version
from build_panel p
where p.build = :build;

-- name: plan_duplicates
insert into work (build, stage, item, input, version)
select p.build, 'duplicates', 'corpus:' || digest_of(variadic array_agg(p.digest order by p.key)),
       digest_of(variadic array_agg(p.digest order by p.key)), :version
from build_panel p
where p.build = :build
group by p.build;

-- name: plan_anchor
insert into work (build, stage, item, input, version)
select p.build, 'anchor', p.key, digest_of(p.digest, t.lexicon_digest), :version
from build_panel p join build b on b.key = p.build join tree t on t.id = b.tree
where p.build = :build;

-- name: plan_screen
insert into work (build, stage, item, input, version)
select p.build, 'screen', p.key, digest_of(p.digest, m.output, a.output, coalesce(d.keeper, '')), :version
from build_panel p
join finished m on m.build = p.build and m.item = p.key and m.stage = 'modality' and m.status = 'done'
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

-- name: plan_caption
insert into work (build, stage, item, input, version)
select p.build, 'caption', p.key, digest_of(p.digest, v.input, v.output, r.output), :version
from build_panel p
join finished v on v.build = p.build and v.item = p.key and v.stage = 'align' and v.status = 'done'
join finished r on r.build = p.build and r.item = p.key and r.stage = 'regions' and r.status = 'done'
where p.build = :build;

-- name: plan_question
insert into work (build, stage, item, input, version)
select p.build, 'question', p.key, digest_of(p.digest, v.input, v.output, c.output), :version
from build_panel p
join finished v on v.build = p.build and v.item = p.key and v.stage = 'align' and v.status = 'done'
join finished c on c.build = p.build and c.item = p.key and c.stage = 'caption' and c.status = 'done'
where p.build = :build;

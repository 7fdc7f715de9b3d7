-- Where an item came from and what became of it, in one build. Parameters: build, and item or a list of keys.

-- name: why_builds
-- Builds that know the item, the newest first; a key of any kind, a DOI, a PMCID, a path, or the start of an image's sha256.
select b.key, b.engine, t.key as tree
from build b left join tree t on t.id = b.tree
order by b.created_at desc, b.key;

-- name: why_items
-- What an item means in a build: pairs of kind (article, figure, panel, drop) and key. A path may be cut to the file's stem,
-- the key of a panel to its first eight digits: tables and pages show it so.
select 'article' as kind, key from build_article
where build = :build and (
    key = :item or id = :item or pmcid = :item or lower(doi) = lower(cast(:item as text)) or path = :item
    or regexp_replace(path, '^.*/|\.[^./]*$', '', 'g') = :item
)
union
select 'article', f.article from article_file f join work w using (item, input, version)
where w.build = :build and w.stage = 'harvest' and w.item = :item
union
select 'figure', key from build_figure
where build = :build and (key = :item or graphic = :item or (length(cast(:item as text)) >= 8 and starts_with(image, cast(:item as text))))
union
select 'figure', figure from build_mention where build = :build and key = :item
union
select 'panel', key from build_panel
where build = :build and (
    key = :item or (length(cast(:item as text)) >= length('panel:') + 8 and starts_with(key, cast(:item as text)))
    or (length(cast(:item as text)) >= 8 and starts_with(image, cast(:item as text)))
)
union
select 'panel', panel from build_modality where build = :build and key = :item
union
select 'panel', panel from build_duplicate where build = :build and key = :item
union
select 'panel', panel from build_anchor where build = :build and key = :item
union
select 'panel', panel from build_verdict where build = :build and key = :item
union
select 'panel', panel from build_region where build = :build and key = :item
union
select 'panel', panel from build_cited_sentence where build = :build and key = :item
union
select 'panel', panel from build_caption where build = :build and key = :item
union
select 'panel', panel from build_question where build = :build and key = :item
union
-- What a review took away is found by the panel that it was made of.
select 'panel', p.key from build_drop d join build_panel p on p.build = d.build and p.key = d.work_item
where d.build = :build and d.item = :item
union
select 'drop', item from build_drop
where build = :build and (item = :item or key = :item or work_item = :item or detail ->> 'graphic' = :item)
union
select 'drop', d.item from build_drop d join source_file f on f.item = d.work_item
where d.build = :build and d.stage = 'harvest' and d.item = d.work_item and f.path = :item
order by kind, key;

-- name: why_articles
select distinct a.key, a.repository, a.id, a.title, a.doi, a.pmcid, a.year, a.licence, a.licence_url, a.retracted, a.path
from build_article a
left join build_figure f on f.build = a.build and f.article = a.key
left join build_panel p on p.build = f.build and p.figure = f.key
where a.build = :build and (a.key = any (:keys) or f.key = any (:keys) or p.key = any (:keys))
order by a.key;

-- name: why_figures
select distinct f.key, f.article, f.position, f.label, f.caption, f.graphic, f.image, f.licence, f.licence_url
from build_figure f
left join build_panel p on p.build = f.build and p.figure = f.key
where f.build = :build and (f.key = any (:keys) or f.article = any (:keys) or p.key = any (:keys))
order by f.article, f.position, f.key;

-- name: why_panels
select p.key, p.figure, p.position, p.letter, p.box, p.spans, p.sentences, p.method, p.image,
       m.label as modality, m.probability, m.medical, m.method as modality_method, m.signals as modality_signals, d.keeper,
       c.status as privacy, c.reasons as privacy_reasons, c.looked as privacy_looked, c.lacking as privacy_lacking
from build_panel p
join build_figure f on f.build = p.build and f.key = p.figure
left join build_modality m on m.build = p.build and m.panel = p.key
left join build_duplicate d on d.build = p.build and d.panel = p.key
left join build_privacy_check c on c.build = p.build and c.panel = p.key
where p.build = :build and (p.key = any (:keys) or p.figure = any (:keys) or f.article = any (:keys))
order by p.figure, p.position, p.key;

-- name: why_anchors
select a.panel, a.key, n.name, n.curie, a.role, a.polarity, a.certainty, a.score, a.method, a.field, a.surface
from build_anchor a
join build b on b.key = a.build
left join node n on n.tree = b.tree and n.key = a.node
where a.build = :build and a.panel = any (:panels)
order by a.panel, a.score desc, a.key;

-- name: why_verdicts
select v.panel, v.key, v.stage, v.keep, v.reason, v.signals, v.engine, v.model
from build_verdict v
where v.build = :build and v.panel = any (:panels)
order by v.panel, v.stage desc, v.key;

-- name: why_cited
-- The verbatim sentence of each: offsets count from 0.
select c.panel, c.key, c.tag, substring(m.text from c.start_char + 1 for c.end_char - c.start_char) as text, c.engine, c.model
from build_cited_sentence c
join build_mention m on m.build = c.build and m.key = c.mention
where c.build = :build and c.panel = any (:panels)
order by c.panel, m.position, c.start_char, c.key;

-- name: why_captions
select c.panel, c.key, c.kind, c.text, c.licence, c.engine, c.model
from build_caption c
where c.build = :build and c.panel = any (:panels)
order by c.panel, c.kind, c.key;

-- name: why_questions
select q.panel, q.key, q.kind, q.text, q.answer, q.needs, q.licence, q.engine, q.model
from build_question q
where q.build = :build and q.panel = any (:panels)
order by q.panel, q.kind, q.key;

-- name: why_ledger
select w.item, w.stage, w.version, l.status, l.attempts, l.seconds, l.run, l.at
from work w
join ledger l using (stage, item, input, version)
where w.build = :build
  and (w.item = any (:keys) or (w.stage = 'harvest' and w.item in (
      select f.item from article_file f where f.article = any (:keys) and f.input = w.input and f.version = w.version
  )))
order by w.item, l.at, w.stage;

-- name: why_drops
-- What was dropped of the items themselves, and of the files of articles that were asked for by name.
select d.item, d.stage, d.reason, d.detail, d.work_item, d.run, d.at
from build_drop d
where d.build = :build and (d.item = any (:keys) or d.work_item = any (:keys) or (d.stage = 'harvest' and d.work_item in (
    select f.item from article_file f where f.article = any (:named)
)))
order by d.item, d.stage, d.reason;

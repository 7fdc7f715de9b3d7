-- Rows of a synthetic store, for benchmarks/serve.py. Holes: items, figures, articles, nodes.

-- name: images
insert into image select lpad(to_hex(i), 64, '0'), 'image/png', 900, 64, 64, 'L',
    ('x' || substr(md5(i::text), 1, 16))::bit(64)::bigint from generate_series(1, %(figures)s) i;

-- name: source_files
insert into source_file select 'source:b', 'file:' || i, i || '.xml', md5(i::text) from generate_series(1, %(articles)s) i;

-- name: articles
insert into article (key, repository, id, edition, digest, title, journal, year, pmcid, licence, data_class, path,
    input, version)
    select 'article:' || md5(i::text), 'b', i::text, '1', md5(i::text), 'A title of article ' || i, 'A journal', 2020,
           'PMC' || i, 'CC-BY-4.0', 'open', i || '.xml', 'i', '1' from generate_series(1, %(articles)s) i;

-- name: article_files
insert into article_file select 'file:' || i, 'i', '1', 'article:' || md5(i::text) from generate_series(1, %(articles)s) i;

-- name: figures
insert into figure (key, article, position, digest, label, caption, graphic, image, licence, input, version)
    select 'figure:' || md5(i::text), 'article:' || md5((1 + i %% %(articles)s)::text), i %% 5, md5(i::text),
           'Figure ' || i %% 5, 'Chest radiograph of patient ' || i || ' with an opacity of the left lower lobe.', 'f.png',
           lpad(to_hex(i), 64, '0'), 'CC-BY-4.0', 'i', '1' from generate_series(1, %(figures)s) i;

-- name: mentions
insert into mention (key, figure, position, text, start_char, end_char, input, version)
    select 'mention:' || md5(i::text), 'figure:' || md5(i::text), 0, 'The opacity is seen in Figure 1.', 23, 31, 'i', '1'
    from generate_series(1, %(figures)s) i;

-- name: panels
insert into panel (key, figure, image, box, position, letter, spans, method, confidence, digest, phash, sentences,
    windows, input, version)
    select 'panel:' || md5(i::text), 'figure:' || md5((1 + i %% %(figures)s)::text),
           lpad(to_hex(1 + i %% %(figures)s), 64, '0'), array[0, 0, 64, 64], i %% 2, 'a', '[[0, 30]]', 'b', 1, md5(i::text),
           ('x' || substr(md5('h' || i), 1, 16))::bit(64)::bigint, '[]', '{}', 'i', '1' from generate_series(1, %(items)s) i;

-- name: modalities
insert into modality (key, panel, label, probability, medical, method, input, version, signals)
    select 'modality:' || md5(i::text), 'panel:' || md5(i::text),
           (array['ct', 'mri', 'radiograph', 'light_microscopy', 'ultrasound'])[1 + i %% 5], 0.9, 0.9, 'b', 'i', '1', '{}'
    from generate_series(1, %(items)s) i;

-- name: anchors
-- The small numbers of nodes far more often than the large ones.
insert into anchor (key, panel, node, role, polarity, certainty, score, method, field, surface, start_char, end_char,
    input, version)
    select 'anchor:' || md5(i || ',' || k), 'panel:' || md5(i::text), n.key, (array['depicted', 'depicted', 'mentioned'])[k],
           'affirmed', 'certain', 0.9, 'dictionary', 'subcaption', 'radiograph', 6, 16, 'i', '1'
    from generate_series(1, %(items)s) i cross join generate_series(1, 3) k
    join numbered n on n.number =
    floor(power(('x' || substr(md5(i || ',' || k), 1, 8))::bit(32)::bigint / 4294967296.0, 3) * %(nodes)s)::int;

-- name: panel_texts
insert into panel_text (key, panel, text_digest, subcaption, caption, mentions, title, input, version)
    select 'panel_text:' || md5(i::text), 'panel:' || md5(i::text), md5(i::text), 'Chest radiograph of patient ' || i,
           'an opacity of lobe ' || i %% 1000, '', '', 'i', '1' from generate_series(1, %(items)s) i;

-- name: verdicts
insert into verdict (key, panel, stage, keep, reason, node, signals, engine, model, input, version)
    select 'verdict:' || md5(i || s), 'panel:' || md5(i::text), s, i %% (case s when 'screen' then 4 else 3 end) > 0,
           case when i %% (case s when 'screen' then 4 else 3 end) > 0 then 'kept' else 'unsure' end, null,
           '{"size": {"side": 300, "passed": true}}', 'rules', 'none', 'i', '1'
    from generate_series(1, %(items)s) i cross join (values ('screen'), ('align')) stages (s)
    where s = 'screen' or i %% 4 > 0;

-- name: captions
insert into caption (key, panel, kind, text, supports, nodes, licence, engine, model, input, version)
    select 'caption:' || md5(i::text), 'panel:' || md5(i::text), 'grounded', 'A chest radiograph.', '[]', '{}', 'CC-BY-4.0',
           'rules', 'none', 'i', '1' from generate_series(1, %(items)s) i where i %% 4 > 0 and i %% 3 > 0;

-- name: questions
insert into question (key, panel, kind, text, options, answer, rationale, nodes, needs, licence, engine, model, input,
    version)
    select 'question:' || md5(i::text), 'panel:' || md5(i::text), 'modality', 'Which?', '{CT,MR}', 'CT', 'because', '{}',
           'image', 'CC-BY-4.0', 'rules', 'none', 'i', '1' from generate_series(1, %(items)s) i where i %% 4 > 0 and i %% 3 > 0;

-- name: regions
insert into region (key, panel, box, producer, producer_version, score, input, version)
    select 'region:' || md5(i::text), 'panel:' || md5(i::text), array[0, 0, 32, 32], 'b', '1', 0.9, 'i', '1'
    from generate_series(1, %(items)s) i where i %% 4 > 0 and i %% 3 > 0;

-- name: privacy_checks
insert into privacy_check (key, panel, status, reasons, looked, lacking, input, version)
    select 'privacy_check:' || md5(i::text), 'panel:' || md5(i::text), 'clean', '[]', '{pixels,text}', '{}', 'i', '1'
    from generate_series(1, %(items)s) i;

-- name: drawn_texts
insert into drawn_text (key, image, position, box, text, score, input, version)
    select 'drawn_text:' || md5(i::text), lpad(to_hex(i), 64, '0'), 0, array[2, 2, 20, 12], 'L', 0.9, 'i', '1'
    from generate_series(1, %(figures)s) i;

-- name: cited_sentences
insert into cited_sentence (key, panel, mention, start_char, end_char, tag, engine, model, input, version)
    select 'cited_sentence:' || md5(i::text), 'panel:' || md5(i::text), 'mention:' || md5((1 + i %% %(figures)s)::text), 0, 32,
           'visible', 'rules', 'none', 'i', '1'
    from generate_series(1, %(items)s) i where i %% 4 > 0 and i %% 3 > 0;

-- name: duplicates
insert into duplicate (key, panel, keeper, distance, method, input, version)
    select 'duplicate:' || md5(i::text), 'panel:' || md5(i::text), 'panel:' || md5((i + 1)::text), 2, 'b', 'i', '1'
    from generate_series(20, %(items)s - 1, 20) i;

-- name: drops
insert into "drop" (key, stage, item, work_item, input, version, reason, detail)
    select 'drop:' || md5(i || s), s, 'panel:' || md5(i::text), 'panel:' || md5(i::text), 'i', '1',
           case s when 'screen' then (array['not_medical', 'too_small', 'duplicate'])[1 + i %% 3] else 'unsure' end, '{"side": 20}'
    from generate_series(1, %(items)s) i cross join (values ('screen'), ('align')) stages (s)
    where (s = 'screen' and i %% 4 = 0) or (s = 'align' and i %% 4 > 0 and i %% 3 = 0);

-- name: calls
insert into call (stage, item, step, engine, model, tokens_in, tokens_out, seconds)
    select 'align', 'panel:' || md5(i::text), 'judge', 'rules', 'none', 100, 10, 0.1 from generate_series(1, %(items)s) i
    where i %% 4 > 0;

-- name: ledger
-- In the order of its key, as every insert of work: an index grows at its end then.
insert into ledger (stage, item, input, version, status, output, attempts, seconds)
select w.stage, w.item, w.input, w.version, case when d.key is null then 'done' else 'dropped' end, 'o', 1, 0.1
from work w left join "drop" d on d.stage = w.stage and d.work_item = w.item
order by w.stage, w.item;

-- name: nodes_by_number
create table numbered as select row_number() over (order by key) - 1 as number, key from node;

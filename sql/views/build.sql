-- What a build covers now, stage by stage: the made rows whose (input, version) stands in its work list. Exports, gates
-- and dashboards read these views, never the tables, so rows of older versions and other builds stay out of the way.

create view finished as
select w.build, w.stage, w.item, w.input, w.version, l.status, l.output, w.base
from work w join ledger l using (stage, item, input, version)
where l.status in ('done', 'dropped');

create view build_article as
select distinct on (w.build, a.key) w.build, a.*
from work w join article_file f using (item, input, version) join article a on a.key = f.article and a.input = f.input and a.version = f.version
where w.stage = 'harvest'
order by w.build, a.key;

create view build_figure as
select b.build, f.*
from build_article b join figure f on f.article = b.key and f.input = b.input and f.version = b.version;

create view build_mention as
select b.build, m.*
from build_figure b join mention m on m.figure = b.key and m.input = b.input and m.version = b.version;

create view build_fact as
select b.build, k.*
from build_article b join fact k on k.article = b.key and k.input = b.input and k.version = b.version;

create view build_known_region as
select b.build, r.*
from build_article b join known_region r on r.article = b.key and r.input = b.input and r.version = b.version;

create view build_drawn_text as
select w.build, t.*
from work w join drawn_text t on t.image = w.item and t.input = w.input and t.version = w.version
where w.stage = 'ocr';

create view build_panel as
select w.build, p.*
from work w join panel p on p.figure = w.item and p.input = w.input and p.version = w.version
where w.stage = 'panels';

create view build_modality as
select w.build, m.*
from work w join modality m on m.panel = w.item and m.input = w.input and m.version = w.version
where w.stage = 'modality';

create view build_privacy_check as
select w.build, c.*
from work w join privacy_check c on c.panel = w.item and c.input = w.input and c.version = w.version
where w.stage = 'privacy';

create view build_duplicate as
select w.build, d.*
from work w join duplicate d on d.input = w.input and d.version = w.version
where w.stage = 'duplicates';

create view build_anchor as
select w.build, a.*
from work w join anchor a on a.panel = w.item and a.input = w.input and a.version = w.version
where w.stage = 'anchor';

create view build_panel_text as
select w.build, t.*
from work w join panel_text t on t.panel = w.item and t.input = w.input and t.version = w.version
where w.stage = 'anchor';

create view build_verdict as
select w.build, v.*
from work w join verdict v on v.panel = w.item and v.stage = w.stage and v.input = w.input and v.version = w.version
where w.stage in ('screen', 'align');

create view build_region as
select w.build, r.*
from work w join region r on r.panel = w.item and r.input = w.input and r.version = w.version
where w.stage = 'regions';

create view build_cited_sentence as
select w.build, c.*
from work w join cited_sentence c on c.panel = w.item and c.input = w.input and c.version = w.version
where w.stage = 'summary';

create view build_caption as
select w.build, c.*
from work w join caption c on c.panel = w.item and c.input = w.input and c.version = w.version
where w.stage = 'caption';

create view build_question as
select w.build, q.*
from work w join question q on q.panel = w.item and q.input = w.input and q.version = w.version
where w.stage = 'question';

-- The tree's own Drops belong to every build that uses the tree.
create view build_drop as
select w.build, d.*
from work w join "drop" d on d.stage = w.stage and d.work_item = w.item and d.input = w.input and d.version = w.version
union all
select b.key, d.*
from build b join tree t on t.id = b.tree join "drop" d on d.stage = 'tree' and d.work_item = t.key;

-- A pair is a panel and its text that both stages of the filter kept.
create view pair as
select f.build, f.item as panel, v.node
from finished f join verdict v on v.panel = f.item and v.stage = 'align' and v.input = f.input and v.version = f.version
where f.stage = 'align' and f.status = 'done';

-- A pair and a node that an affirmed anchor says it shows: it counts for that node and for all above it.
create view shown_pair as
select p.build, p.panel, n.tree, n.id as node
from build b
join build_anchor a on a.build = b.key and a.role = 'depicted' and a.polarity = 'affirmed'
join pair p on p.build = b.key and p.panel = a.panel
join node n on n.tree = b.tree and n.key = a.node;

create view funnel as
select f.build, f.stage,
       count(*) filter (where f.status = 'done') as kept,
       count(*) filter (where f.status = 'dropped') as dropped
from finished f
group by f.build, f.stage;

create view drop_reason as
select build, stage, reason, count(*) as items
from build_drop
group by build, stage, reason;

create view spent as
select c.stage, c.step, c.engine, c.model, count(*) as calls,
       sum(c.tokens_in) as tokens_in, sum(c.tokens_out) as tokens_out, sum(c.seconds) as seconds, sum(c.usd) as usd
from call c
group by c.stage, c.step, c.engine, c.model;

-- The engine's database. Keys are content keys, 'kind:32 hex digits' (met/keys.py). Rows that a stage made carry
-- (input, version) of the ledger row they were committed with and are only ever added, so `on conflict do nothing` is
-- the right answer to a row that is already there, and an older version stays beside a newer one. What a build covers
-- now is table work; which items are finished, and with which result, is table ledger. sql/views joins the two.

create extension if not exists vector;
create extension if not exists pg_trgm;

-- 128 bits of sha256 over the parts, as 32 hex digits: the input digest of a work item.
create function digest_of(variadic parts text[]) returns text language sql immutable parallel safe as $$
    select left(encode(sha256(convert_to(array_to_string(parts, chr(31), chr(30)), 'UTF8')), 'hex'), 32)
$$;

-- ---------------------------------------------------------------- runs

-- One execution of a flow. Times and machines live here, and in no exported file that is hashed.
create table run (
    key text primary key,
    flow text not null,
    parameters jsonb not null,
    machine text not null,
    started_at timestamptz not null default now(),
    ended_at timestamptz,
    status text not null default 'running' check (status in ('running', 'completed', 'failed', 'stopped')),
    prefect_run text,
    seconds jsonb not null default '{}'
);

-- One process that leases work. It holds the advisory lock (1296389185, id) as long as it lives, so a lease of a
-- killed worker is recognised at once, without waiting for a clock.
create table worker (
    id integer generated always as identity primary key,
    host text not null,
    pid integer not null,
    started_at timestamptz not null default now()
);

create function worker_alive(worker integer) returns boolean language sql stable as $$
    select exists (
        select 1 from pg_locks
        where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
          and classid = 1296389185 and objid::bigint = worker::bigint and objsubid = 2 and granted
    )
$$;

-- ---------------------------------------------------------------- tree

-- A tree is a version of the Medical Entity Tree: a pure function of its ontologies, texts and the code's version.
create table tree (
    id integer generated always as identity primary key,
    key text not null unique,
    inputs jsonb not null,
    version text not null,
    complete boolean not null default false,
    lexicon_digest text,
    report jsonb not null default '{}',
    built_at timestamptz not null default now()
);

create table node (
    id bigint generated always as identity primary key,
    tree integer not null references tree (id) on delete cascade,
    key text not null,
    digest text not null,
    facet text not null check (facet in ('disease', 'anatomy', 'modality', 'symptom', 'cell', 'organism', 'device', 'procedure', 'normal')),
    curie text,
    name text not null,
    synonyms text[] not null default '{}',
    definition text,
    xrefs text[] not null default '{}',
    provenance jsonb not null,
    licence text not null,
    text_digest text not null,
    unique (tree, key)
);
create index node_name on node using gin (lower(name) gin_trgm_ops);
create index node_curie on node (tree, curie);
create index node_lower_name on node (tree, lower(name));

-- A former key of a node, or the CURIE of a term that was merged into it.
create table node_alias (
    tree integer not null references tree (id) on delete cascade,
    alias text not null,
    key text not null,
    reason text not null,
    primary key (tree, alias, key)
);

-- child stands under parent. Exactly one edge of a child is primary: the path of display. Roots have no edge.
create table edge (
    tree integer not null references tree (id) on delete cascade,
    child text not null,
    parent text not null,
    kind text not null check (kind in ('is_a', 'part_of', 'unknown')),
    is_primary boolean not null,
    provenance jsonb not null,
    primary key (tree, child, parent, kind),
    foreign key (tree, child) references node (tree, key) on delete cascade,
    foreign key (tree, parent) references node (tree, key) on delete cascade,
    check (child <> parent)
);
create unique index edge_one_primary on edge (tree, child) where is_primary;
create index edge_parent on edge (tree, parent);

-- Every ancestor of every node over all edges, itself at depth 0. relation is 'is_a' where a path of is_a edges
-- alone leads there, else 'part_of' where is_a and part_of edges do, else 'unknown'.
create table closure (
    tree integer not null references tree (id) on delete cascade,
    node bigint not null,
    ancestor bigint not null,
    relation text not null check (relation in ('is_a', 'part_of', 'unknown')),
    min_depth smallint not null,
    primary key (node, ancestor)
);
create index closure_ancestor on closure (ancestor, node);

create table relation (
    tree integer not null references tree (id) on delete cascade,
    key text not null,
    subject text not null,
    kind text not null check (kind in ('located_in', 'has_symptom', 'seen_on', 'part_of')),
    object text not null,
    confidence real not null check (confidence between 0 and 1),
    provenance jsonb not null,
    primary key (tree, key)
);
create index relation_subject on relation (tree, subject);
create index relation_object on relation (tree, object);

-- A text that the tree was grown from. path is relative to what the user named, never a path of a machine.
create table document (
    key text primary key,
    path text not null,
    title text not null,
    kind text not null,
    authority text not null check (authority in ('guideline', 'textbook', 'review', 'article', 'web')),
    licence text not null,
    sha256 text not null,
    characters integer not null
);

create table evidence (
    tree integer not null references tree (id) on delete cascade,
    key text not null,
    subject text not null,
    kind text not null check (kind in ('mention', 'synonym', 'definition', 'edge', 'relation')),
    document text not null references document (key),
    start_char integer not null,
    end_char integer not null,
    sentence text not null,
    surface text not null,
    primary key (tree, key),
    check (start_char < end_char)
);
create index evidence_subject on evidence (tree, subject);

-- Vectors are memoised by the hash of their text and the model, so a label is embedded once for ever. Their HNSW index
-- serves and proposes, and decides nothing: query index_vectors makes it in bulk, since rows that come into it one by one
-- take 13 times as long.
create table embedding (
    text_digest text not null,
    model text not null,
    vector halfvec(384) not null,
    primary key (text_digest, model)
);

-- ---------------------------------------------------------------- builds and the ledger

-- What the user named on the command line: a folder of articles, say.
create table source (
    key text primary key,
    kind text not null,
    uri text not null,
    data_class text not null default 'open' check (data_class in ('open', 'restricted', 'phi')),
    licence text
);

-- The files of a source as they are now: a mirror of the outside, replaced by every scan.
create table source_file (
    source text not null references source (key) on delete cascade,
    item text not null,
    path text not null,
    digest text not null,
    primary key (source, item)
);

-- A build is what one export covers: sources, a tree, an engine and its settings.
create table build (
    key text primary key,
    sources text[] not null,
    tree integer references tree (id) on delete set null,
    engine text not null,
    settings jsonb not null,
    created_at timestamptz not null default now()
);

-- The items that a stage of a build has to cover, planned anew by every run.
create table work (
    build text not null references build (key) on delete cascade,
    stage text not null,
    item text not null,
    input text not null,
    version text not null,
    primary key (build, stage, item)
);
create index work_state on work (stage, item, input, version);

-- The memo that makes every stage resumable. input is the digest of all that the item's result depends on, output
-- the digest of what was made of it. A row of status 'done' or 'dropped' is never touched again.
create table ledger (
    stage text not null,
    item text not null,
    input text not null,
    version text not null,
    status text not null check (status in ('pending', 'leased', 'done', 'dropped')),
    output text,
    attempt uuid,
    worker integer,
    attempts integer not null default 0,
    run text,
    seconds real,
    at timestamptz not null default now(),
    primary key (stage, item, input, version),
    check (status <> 'leased' or (attempt is not null and worker is not null)),
    check (status not in ('done', 'dropped') or output is not null)
);
create index ledger_open on ledger (stage, status) where status in ('pending', 'leased');

create table "drop" (
    key text primary key,
    stage text not null,
    item text not null,
    work_item text not null,
    input text not null,
    version text not null,
    reason text not null,
    detail jsonb not null default '{}',
    run text,
    at timestamptz not null default now()
);
create index drop_item on "drop" (item);
create index drop_work on "drop" (stage, work_item, input, version);

-- One call of a model, for the money and for the numbers.
create table call (
    key bigint generated always as identity primary key,
    stage text not null,
    item text not null,
    step text not null,
    engine text not null,
    model text not null,
    tokens_in integer not null,
    tokens_out integer not null,
    seconds real not null,
    usd numeric not null default 0,
    run text,
    at timestamptz not null default now()
);
create index call_item on call (item);

create table gate (
    key bigint generated always as identity primary key,
    build text not null references build (key) on delete cascade,
    name text not null,
    run text not null,
    passed boolean not null,
    expectations jsonb not null,
    failing text[] not null default '{}',
    at timestamptz not null default now()
);

-- ---------------------------------------------------------------- harvest

create table image (
    sha256 text primary key,
    media_type text not null,
    bytes bigint not null,
    width integer not null,
    height integer not null,
    mode text not null,
    phash bigint not null
);

create table article (
    key text not null,
    repository text not null,
    id text not null,
    edition text not null,
    digest text not null,
    title text not null,
    journal text,
    year smallint,
    doi text,
    pmcid text,
    article_type text,
    licence text not null,
    licence_url text,
    copyright text,
    retracted boolean not null default false,
    abstract text,
    keywords text[] not null default '{}',
    data_class text not null check (data_class in ('open', 'restricted', 'phi')),
    path text not null,
    input text not null,
    version text not null,
    primary key (key, input, version)
);

-- Which article a file of a source holds, at which content.
create table article_file (
    item text not null,
    input text not null,
    version text not null,
    article text not null,
    primary key (item, input, version)
);

create table figure (
    key text not null,
    article text not null,
    position integer not null,
    digest text not null,
    xml_id text,
    label text,
    title text,
    caption text not null,
    graphic text not null,
    image text not null references image (sha256),
    licence text not null,
    licence_url text,
    credit text,
    input text not null,
    version text not null,
    primary key (key, input, version)
);

create index figure_article on figure (article);

-- A passage that cites the figure; start_char and end_char are where the citation stands in text.
create table mention (
    key text not null,
    figure text not null,
    position integer not null,
    text text not null,
    start_char integer not null,
    end_char integer not null,
    panel_letters text[] not null default '{}',
    input text not null,
    version text not null,
    primary key (key, input, version)
);
create index mention_figure on mention (figure);

-- spans [[start, end], ...] are offsets into figure.caption, so a subcaption is verbatim by construction.
create table panel (
    key text not null,
    figure text not null,
    image text not null references image (sha256),
    box integer[4] not null,
    position integer not null,
    letter text,
    spans jsonb not null,
    method text not null,
    confidence real not null,
    privacy text not null default 'unscreened' check (privacy in ('clean', 'flagged', 'unscreened')),
    digest text not null,
    input text not null,
    version text not null,
    primary key (key, input, version)
);
create index panel_figure on panel (figure);

create table modality (
    key text not null,
    panel text not null,
    label text not null,
    probability real not null,
    medical real not null,
    method text not null,
    input text not null,
    version text not null,
    primary key (key, input, version)
);
create index modality_panel on modality (panel);

-- The keeper of a panel's cluster of near-duplicates among the panels of one build; keepers themselves have no row.
create table duplicate (
    key text not null,
    panel text not null,
    keeper text not null,
    distance smallint not null,
    method text not null,
    input text not null,
    version text not null,
    primary key (key, input, version)
);
create index duplicate_work on duplicate (input, version);

-- ---------------------------------------------------------------- anchor, filter, regions, synthesis

create table anchor (
    key text not null,
    panel text not null,
    node text not null,
    role text not null check (role in ('depicted', 'diagnosis', 'control', 'normal', 'comparator', 'history', 'mentioned')),
    polarity text not null check (polarity in ('affirmed', 'negated')),
    certainty text not null check (certainty in ('certain', 'hedged')),
    score real not null,
    method text not null,
    field text not null check (field in ('subcaption', 'caption', 'mention', 'title')),
    surface text not null,
    start_char integer,
    end_char integer,
    input text not null,
    version text not null,
    primary key (key, input, version)
);
create index anchor_panel on anchor (panel, input, version);
create index anchor_node on anchor (node);

create table verdict (
    key text not null,
    panel text not null,
    stage text not null check (stage in ('screen', 'align')),
    keep boolean not null,
    reason text not null,
    node text,
    signals jsonb not null,
    engine text not null,
    model text not null,
    input text not null,
    version text not null,
    primary key (key, input, version)
);
create index verdict_panel on verdict (panel);

-- A region in original pixel coordinates: a box [x1, y1, x2, y2], or a run-length mask over the box.
create table region (
    key text not null,
    panel text not null,
    box integer[4] not null,
    rle text,
    node text,
    producer text not null,
    producer_version text not null,
    score real not null,
    input text not null,
    version text not null,
    primary key (key, input, version)
);
create index region_panel on region (panel);

create table caption (
    key text not null,
    panel text not null,
    kind text not null,
    text text not null,
    supports jsonb not null,
    nodes text[] not null,
    licence text not null,
    engine text not null,
    model text not null,
    input text not null,
    version text not null,
    primary key (key, input, version)
);
create index caption_panel on caption (panel);

create table question (
    key text not null,
    panel text not null,
    kind text not null,
    text text not null,
    options text[] not null,
    answer text not null,
    rationale text not null,
    nodes text[] not null,
    edges jsonb not null default '[]',
    needs text not null check (needs in ('image', 'image+context', 'knowledge')),
    licence text not null,
    engine text not null,
    model text not null,
    input text not null,
    version text not null,
    primary key (key, input, version)
);
create index question_panel on question (panel);

-- Today's shape of the database, written by `python -m met.store.schema` from migrations and views.

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

COMMENT ON EXTENSION pg_trgm IS 'text similarity measurement and index searching based on trigrams';

CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public;

COMMENT ON EXTENSION vector IS 'vector data type and ivfflat and hnsw access methods';

CREATE FUNCTION public.digest_of(VARIADIC parts text[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select left(encode(sha256(convert_to(array_to_string(parts, chr(31), chr(30)), 'UTF8')), 'hex'), 32)
$$;

CREATE FUNCTION public.index_searched(many integer) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
    execute format(
        'create index searched_vectors on searched using ivfflat (vector halfvec_cosine_ops) with (lists = %s)',
        greatest(1, least(2000, many / 1000))
    );
end
$$;

CREATE FUNCTION public.joined(names text[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT string_agg(lower(each.name), chr(10)) AS string_agg FROM unnest(joined.names) each(name));

CREATE FUNCTION public.lowered(names text[]) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT array_agg(lower(each.name)) AS array_agg FROM unnest(lowered.names) each(name));

CREATE FUNCTION public.searched_is_old() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    update searched_state set fresh = false where fresh;
    return null;
end
$$;

CREATE FUNCTION public.with_said(input text, said text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select case when said is null then input else digest_of(input, said) end
$$;

CREATE FUNCTION public.worker_alive(worker integer) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    select exists (
        select 1 from pg_locks
        where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
          and classid = 1296389185 and objid::bigint = worker::bigint and objsubid = 2 and granted
    )
$$;

CREATE AGGREGATE public.joined_arrays(bigint[]) (
    SFUNC = array_cat,
    STYPE = bigint[],
    INITCOND = '{}'
);

CREATE TABLE public.anchor (
    key text NOT NULL,
    panel text NOT NULL,
    node text NOT NULL,
    role text NOT NULL,
    polarity text NOT NULL,
    certainty text NOT NULL,
    score real NOT NULL,
    method text NOT NULL,
    field text NOT NULL,
    surface text NOT NULL,
    start_char integer,
    end_char integer,
    input text NOT NULL,
    version text NOT NULL,
    CONSTRAINT anchor_certainty_check CHECK ((certainty = ANY (ARRAY['certain'::text, 'hedged'::text]))),
    CONSTRAINT anchor_field_check CHECK ((field = ANY (ARRAY['subcaption'::text, 'caption'::text, 'mention'::text, 'title'::text]))),
    CONSTRAINT anchor_polarity_check CHECK ((polarity = ANY (ARRAY['affirmed'::text, 'negated'::text]))),
    CONSTRAINT anchor_role_check CHECK ((role = ANY (ARRAY['depicted'::text, 'diagnosis'::text, 'control'::text, 'normal'::text, 'comparator'::text, 'history'::text, 'mentioned'::text])))
);

CREATE TABLE public.article (
    key text NOT NULL,
    repository text NOT NULL,
    id text NOT NULL,
    edition text NOT NULL,
    digest text NOT NULL,
    title text NOT NULL,
    journal text,
    year smallint,
    doi text,
    pmcid text,
    article_type text,
    licence text NOT NULL,
    licence_url text,
    copyright text,
    retracted boolean DEFAULT false NOT NULL,
    abstract text,
    keywords text[] DEFAULT '{}'::text[] NOT NULL,
    data_class text NOT NULL,
    path text NOT NULL,
    input text NOT NULL,
    version text NOT NULL,
    published text,
    dates jsonb DEFAULT '{}'::jsonb NOT NULL,
    related jsonb DEFAULT '[]'::jsonb NOT NULL,
    subjects text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT article_data_class_check CHECK ((data_class = ANY (ARRAY['open'::text, 'restricted'::text, 'phi'::text])))
);

CREATE TABLE public.article_file (
    item text NOT NULL,
    input text NOT NULL,
    version text NOT NULL,
    article text NOT NULL
);

CREATE TABLE public.build (
    key text NOT NULL,
    sources text[] NOT NULL,
    tree integer,
    engine text NOT NULL,
    settings jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.work (
    build text NOT NULL,
    stage text NOT NULL,
    item text NOT NULL,
    input text NOT NULL,
    version text NOT NULL,
    base text,
    said text
);

CREATE VIEW public.build_anchor AS
 SELECT w.build,
    a.key,
    a.panel,
    a.node,
    a.role,
    a.polarity,
    a.certainty,
    a.score,
    a.method,
    a.field,
    a.surface,
    a.start_char,
    a.end_char,
    a.input,
    a.version
   FROM (public.work w
     JOIN public.anchor a ON (((a.panel = w.item) AND (a.input = w.input) AND (a.version = w.version))))
  WHERE (w.stage = 'anchor'::text);

CREATE VIEW public.build_article AS
 SELECT DISTINCT ON (w.build, a.key) w.build,
    a.key,
    a.repository,
    a.id,
    a.edition,
    a.digest,
    a.title,
    a.journal,
    a.year,
    a.doi,
    a.pmcid,
    a.article_type,
    a.licence,
    a.licence_url,
    a.copyright,
    a.retracted,
    a.abstract,
    a.keywords,
    a.data_class,
    a.path,
    a.input,
    a.version,
    a.published,
    a.dates,
    a.related,
    a.subjects
   FROM ((public.work w
     JOIN public.article_file f USING (item, input, version))
     JOIN public.article a ON (((a.key = f.article) AND (a.input = f.input) AND (a.version = f.version))))
  WHERE (w.stage = 'harvest'::text)
  ORDER BY w.build, a.key;

CREATE TABLE public.caption (
    key text NOT NULL,
    panel text NOT NULL,
    kind text NOT NULL,
    text text NOT NULL,
    supports jsonb NOT NULL,
    nodes text[] NOT NULL,
    licence text NOT NULL,
    engine text NOT NULL,
    model text NOT NULL,
    input text NOT NULL,
    version text NOT NULL
);

CREATE VIEW public.build_caption AS
 SELECT w.build,
    c.key,
    c.panel,
    c.kind,
    c.text,
    c.supports,
    c.nodes,
    c.licence,
    c.engine,
    c.model,
    c.input,
    c.version
   FROM (public.work w
     JOIN public.caption c ON (((c.panel = w.item) AND (c.input = w.input) AND (c.version = w.version))))
  WHERE (w.stage = 'caption'::text);

CREATE TABLE public.cited_sentence (
    key text NOT NULL,
    panel text NOT NULL,
    mention text NOT NULL,
    start_char integer NOT NULL,
    end_char integer NOT NULL,
    tag text NOT NULL,
    engine text NOT NULL,
    model text NOT NULL,
    input text NOT NULL,
    version text NOT NULL,
    CONSTRAINT cited_sentence_tag_check CHECK ((tag = ANY (ARRAY['visible'::text, 'context'::text, 'outcome'::text])))
);

CREATE VIEW public.build_cited_sentence AS
 SELECT w.build,
    c.key,
    c.panel,
    c.mention,
    c.start_char,
    c.end_char,
    c.tag,
    c.engine,
    c.model,
    c.input,
    c.version
   FROM (public.work w
     JOIN public.cited_sentence c ON (((c.panel = w.item) AND (c.input = w.input) AND (c.version = w.version))))
  WHERE (w.stage = 'summary'::text);

CREATE TABLE public.drawn_text (
    key text NOT NULL,
    image text NOT NULL,
    "position" integer NOT NULL,
    box integer[] NOT NULL,
    text text NOT NULL,
    score real NOT NULL,
    input text NOT NULL,
    version text NOT NULL
);

CREATE VIEW public.build_drawn_text AS
 SELECT w.build,
    t.key,
    t.image,
    t."position",
    t.box,
    t.text,
    t.score,
    t.input,
    t.version
   FROM (public.work w
     JOIN public.drawn_text t ON (((t.image = w.item) AND (t.input = w.input) AND (t.version = w.version))))
  WHERE (w.stage = 'ocr'::text);

CREATE TABLE public.drop (
    key text NOT NULL,
    stage text NOT NULL,
    item text NOT NULL,
    work_item text NOT NULL,
    input text NOT NULL,
    version text NOT NULL,
    reason text NOT NULL,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL,
    run text,
    at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.tree (
    id integer NOT NULL,
    key text NOT NULL,
    inputs jsonb NOT NULL,
    version text NOT NULL,
    complete boolean DEFAULT false NOT NULL,
    lexicon_digest text,
    report jsonb DEFAULT '{}'::jsonb NOT NULL,
    built_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE VIEW public.build_drop AS
 SELECT w.build,
    d.key,
    d.stage,
    d.item,
    d.work_item,
    d.input,
    d.version,
    d.reason,
    d.detail,
    d.run,
    d.at
   FROM (public.work w
     JOIN public.drop d ON (((d.stage = w.stage) AND (d.work_item = w.item) AND (d.input = w.input) AND (d.version = w.version))))
UNION ALL
 SELECT b.key AS build,
    d.key,
    d.stage,
    d.item,
    d.work_item,
    d.input,
    d.version,
    d.reason,
    d.detail,
    d.run,
    d.at
   FROM ((public.build b
     JOIN public.tree t ON ((t.id = b.tree)))
     JOIN public.drop d ON (((d.stage = 'tree'::text) AND (d.work_item = t.key))));

CREATE TABLE public.duplicate (
    key text NOT NULL,
    panel text NOT NULL,
    keeper text NOT NULL,
    distance smallint NOT NULL,
    method text NOT NULL,
    input text NOT NULL,
    version text NOT NULL
);

CREATE VIEW public.build_duplicate AS
 SELECT w.build,
    d.key,
    d.panel,
    d.keeper,
    d.distance,
    d.method,
    d.input,
    d.version
   FROM (public.work w
     JOIN public.duplicate d ON (((d.input = w.input) AND (d.version = w.version))))
  WHERE (w.stage = 'duplicates'::text);

CREATE TABLE public.fact (
    key text NOT NULL,
    article text NOT NULL,
    subject text NOT NULL,
    facts jsonb NOT NULL,
    input text NOT NULL,
    version text NOT NULL
);

CREATE VIEW public.build_fact AS
 SELECT b.build,
    k.key,
    k.article,
    k.subject,
    k.facts,
    k.input,
    k.version
   FROM (public.build_article b
     JOIN public.fact k ON (((k.article = b.key) AND (k.input = b.input) AND (k.version = b.version))));

CREATE TABLE public.figure (
    key text NOT NULL,
    article text NOT NULL,
    "position" integer NOT NULL,
    digest text NOT NULL,
    xml_id text,
    label text,
    title text,
    caption text NOT NULL,
    graphic text NOT NULL,
    image text NOT NULL,
    licence text NOT NULL,
    licence_url text,
    credit text,
    input text NOT NULL,
    version text NOT NULL
);

CREATE VIEW public.build_figure AS
 SELECT b.build,
    f.key,
    f.article,
    f."position",
    f.digest,
    f.xml_id,
    f.label,
    f.title,
    f.caption,
    f.graphic,
    f.image,
    f.licence,
    f.licence_url,
    f.credit,
    f.input,
    f.version
   FROM (public.build_article b
     JOIN public.figure f ON (((f.article = b.key) AND (f.input = b.input) AND (f.version = b.version))));

CREATE TABLE public.known_region (
    key text NOT NULL,
    article text NOT NULL,
    figure text NOT NULL,
    box integer[] NOT NULL,
    rle text,
    label text NOT NULL,
    concept text,
    input text NOT NULL,
    version text NOT NULL
);

CREATE VIEW public.build_known_region AS
 SELECT b.build,
    r.key,
    r.article,
    r.figure,
    r.box,
    r.rle,
    r.label,
    r.concept,
    r.input,
    r.version
   FROM (public.build_article b
     JOIN public.known_region r ON (((r.article = b.key) AND (r.input = b.input) AND (r.version = b.version))));

CREATE TABLE public.mention (
    key text NOT NULL,
    figure text NOT NULL,
    "position" integer NOT NULL,
    text text NOT NULL,
    start_char integer NOT NULL,
    end_char integer NOT NULL,
    panel_letters text[] DEFAULT '{}'::text[] NOT NULL,
    input text NOT NULL,
    version text NOT NULL
);

CREATE VIEW public.build_mention AS
 SELECT b.build,
    m.key,
    m.figure,
    m."position",
    m.text,
    m.start_char,
    m.end_char,
    m.panel_letters,
    m.input,
    m.version
   FROM (public.build_figure b
     JOIN public.mention m ON (((m.figure = b.key) AND (m.input = b.input) AND (m.version = b.version))));

CREATE TABLE public.modality (
    key text NOT NULL,
    panel text NOT NULL,
    label text NOT NULL,
    probability real NOT NULL,
    medical real NOT NULL,
    method text NOT NULL,
    input text NOT NULL,
    version text NOT NULL,
    signals jsonb NOT NULL
);

CREATE VIEW public.build_modality AS
 SELECT w.build,
    m.key,
    m.panel,
    m.label,
    m.probability,
    m.medical,
    m.method,
    m.input,
    m.version,
    m.signals
   FROM (public.work w
     JOIN public.modality m ON (((m.panel = w.item) AND (m.input = w.input) AND (m.version = w.version))))
  WHERE (w.stage = 'modality'::text);

CREATE TABLE public.panel (
    key text NOT NULL,
    figure text NOT NULL,
    image text NOT NULL,
    box integer[] NOT NULL,
    "position" integer NOT NULL,
    letter text,
    spans jsonb NOT NULL,
    method text NOT NULL,
    confidence real NOT NULL,
    digest text NOT NULL,
    input text NOT NULL,
    version text NOT NULL,
    phash bigint NOT NULL,
    sentences jsonb NOT NULL,
    windows bigint[] NOT NULL
);

CREATE VIEW public.build_panel AS
 SELECT w.build,
    p.key,
    p.figure,
    p.image,
    p.box,
    p."position",
    p.letter,
    p.spans,
    p.method,
    p.confidence,
    p.digest,
    p.input,
    p.version,
    p.phash,
    p.sentences,
    p.windows
   FROM (public.work w
     JOIN public.panel p ON (((p.figure = w.item) AND (p.input = w.input) AND (p.version = w.version))))
  WHERE (w.stage = 'panels'::text);

CREATE TABLE public.panel_text (
    key text NOT NULL,
    panel text NOT NULL,
    text_digest text NOT NULL,
    subcaption text NOT NULL,
    caption text NOT NULL,
    mentions text NOT NULL,
    title text NOT NULL,
    words tsvector GENERATED ALWAYS AS ((((setweight(to_tsvector('english'::regconfig, "left"(subcaption, 100000)), 'A'::"char") || setweight(to_tsvector('english'::regconfig, "left"(caption, 100000)), 'B'::"char")) || setweight(to_tsvector('english'::regconfig, "left"(mentions, 100000)), 'C'::"char")) || setweight(to_tsvector('english'::regconfig, "left"(title, 10000)), 'D'::"char"))) STORED NOT NULL,
    input text NOT NULL,
    version text NOT NULL
);

CREATE VIEW public.build_panel_text AS
 SELECT w.build,
    t.key,
    t.panel,
    t.text_digest,
    t.subcaption,
    t.caption,
    t.mentions,
    t.title,
    t.words,
    t.input,
    t.version
   FROM (public.work w
     JOIN public.panel_text t ON (((t.panel = w.item) AND (t.input = w.input) AND (t.version = w.version))))
  WHERE (w.stage = 'anchor'::text);

CREATE TABLE public.privacy_check (
    key text NOT NULL,
    panel text NOT NULL,
    status text NOT NULL,
    reasons jsonb NOT NULL,
    looked text[] NOT NULL,
    lacking text[] NOT NULL,
    input text NOT NULL,
    version text NOT NULL,
    CONSTRAINT privacy_check_status_check CHECK ((status = ANY (ARRAY['clean'::text, 'flagged'::text, 'unscreened'::text])))
);

CREATE VIEW public.build_privacy_check AS
 SELECT w.build,
    c.key,
    c.panel,
    c.status,
    c.reasons,
    c.looked,
    c.lacking,
    c.input,
    c.version
   FROM (public.work w
     JOIN public.privacy_check c ON (((c.panel = w.item) AND (c.input = w.input) AND (c.version = w.version))))
  WHERE (w.stage = 'privacy'::text);

CREATE TABLE public.question (
    key text NOT NULL,
    panel text NOT NULL,
    kind text NOT NULL,
    text text NOT NULL,
    options text[] NOT NULL,
    answer text NOT NULL,
    rationale text NOT NULL,
    nodes text[] NOT NULL,
    edges jsonb DEFAULT '[]'::jsonb NOT NULL,
    needs text NOT NULL,
    licence text NOT NULL,
    engine text NOT NULL,
    model text NOT NULL,
    input text NOT NULL,
    version text NOT NULL,
    CONSTRAINT question_needs_check CHECK ((needs = ANY (ARRAY['image'::text, 'image+context'::text, 'knowledge'::text])))
);

CREATE VIEW public.build_question AS
 SELECT w.build,
    q.key,
    q.panel,
    q.kind,
    q.text,
    q.options,
    q.answer,
    q.rationale,
    q.nodes,
    q.edges,
    q.needs,
    q.licence,
    q.engine,
    q.model,
    q.input,
    q.version
   FROM (public.work w
     JOIN public.question q ON (((q.panel = w.item) AND (q.input = w.input) AND (q.version = w.version))))
  WHERE (w.stage = 'question'::text);

CREATE TABLE public.region (
    key text NOT NULL,
    panel text NOT NULL,
    box integer[] NOT NULL,
    rle text,
    node text,
    producer text NOT NULL,
    producer_version text NOT NULL,
    score real NOT NULL,
    input text NOT NULL,
    version text NOT NULL
);

CREATE VIEW public.build_region AS
 SELECT w.build,
    r.key,
    r.panel,
    r.box,
    r.rle,
    r.node,
    r.producer,
    r.producer_version,
    r.score,
    r.input,
    r.version
   FROM (public.work w
     JOIN public.region r ON (((r.panel = w.item) AND (r.input = w.input) AND (r.version = w.version))))
  WHERE (w.stage = 'regions'::text);

CREATE TABLE public.verdict (
    key text NOT NULL,
    panel text NOT NULL,
    stage text NOT NULL,
    keep boolean NOT NULL,
    reason text NOT NULL,
    node text,
    signals jsonb NOT NULL,
    engine text NOT NULL,
    model text NOT NULL,
    input text NOT NULL,
    version text NOT NULL,
    CONSTRAINT verdict_stage_check CHECK ((stage = ANY (ARRAY['screen'::text, 'align'::text])))
);

CREATE VIEW public.build_verdict AS
 SELECT w.build,
    v.key,
    v.panel,
    v.stage,
    v.keep,
    v.reason,
    v.node,
    v.signals,
    v.engine,
    v.model,
    v.input,
    v.version
   FROM (public.work w
     JOIN public.verdict v ON (((v.panel = w.item) AND (v.stage = w.stage) AND (v.input = w.input) AND (v.version = w.version))))
  WHERE (w.stage = ANY (ARRAY['screen'::text, 'align'::text]));

CREATE TABLE public.call (
    key bigint NOT NULL,
    stage text NOT NULL,
    item text NOT NULL,
    step text NOT NULL,
    engine text NOT NULL,
    model text NOT NULL,
    tokens_in integer NOT NULL,
    tokens_out integer NOT NULL,
    seconds real NOT NULL,
    usd numeric DEFAULT 0 NOT NULL,
    run text,
    at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE public.call ALTER COLUMN key ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.call_key_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.closure (
    tree integer NOT NULL,
    node bigint NOT NULL,
    ancestor bigint NOT NULL,
    relation text NOT NULL,
    min_depth smallint NOT NULL,
    CONSTRAINT closure_relation_check CHECK ((relation = ANY (ARRAY['is_a'::text, 'part_of'::text, 'unknown'::text])))
);

CREATE TABLE public.document (
    key text NOT NULL,
    path text NOT NULL,
    title text NOT NULL,
    kind text NOT NULL,
    authority text NOT NULL,
    licence text NOT NULL,
    sha256 text NOT NULL,
    characters integer NOT NULL,
    CONSTRAINT document_authority_check CHECK ((authority = ANY (ARRAY['guideline'::text, 'textbook'::text, 'review'::text, 'article'::text, 'web'::text])))
);

CREATE VIEW public.drop_reason AS
 SELECT build,
    stage,
    reason,
    count(*) AS items
   FROM public.build_drop
  GROUP BY build, stage, reason;

CREATE TABLE public.edge (
    tree integer NOT NULL,
    child text NOT NULL,
    parent text NOT NULL,
    kind text NOT NULL,
    is_primary boolean NOT NULL,
    provenance jsonb NOT NULL,
    CONSTRAINT edge_check CHECK ((child <> parent)),
    CONSTRAINT edge_kind_check CHECK ((kind = ANY (ARRAY['is_a'::text, 'part_of'::text, 'unknown'::text])))
);

CREATE TABLE public.embedding (
    text_digest text NOT NULL,
    model text NOT NULL,
    vector public.halfvec(384) NOT NULL
);

CREATE TABLE public.evidence (
    tree integer NOT NULL,
    key text NOT NULL,
    subject text NOT NULL,
    kind text NOT NULL,
    document text NOT NULL,
    start_char integer NOT NULL,
    end_char integer NOT NULL,
    sentence text NOT NULL,
    surface text NOT NULL,
    assertion text NOT NULL,
    CONSTRAINT evidence_assertion_check CHECK ((assertion = ANY (ARRAY['affirmed'::text, 'negated'::text, 'hypothetical'::text]))),
    CONSTRAINT evidence_check CHECK ((start_char < end_char)),
    CONSTRAINT evidence_kind_check CHECK ((kind = ANY (ARRAY['mention'::text, 'synonym'::text, 'definition'::text, 'edge'::text, 'relation'::text])))
);

CREATE TABLE public.ledger (
    stage text NOT NULL,
    item text NOT NULL,
    input text NOT NULL,
    version text NOT NULL,
    status text NOT NULL,
    output text,
    attempt uuid,
    worker integer,
    attempts integer DEFAULT 0 NOT NULL,
    run text,
    seconds real,
    at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ledger_check CHECK (((status <> 'leased'::text) OR ((attempt IS NOT NULL) AND (worker IS NOT NULL)))),
    CONSTRAINT ledger_check1 CHECK (((status <> ALL (ARRAY['done'::text, 'dropped'::text])) OR (output IS NOT NULL))),
    CONSTRAINT ledger_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'leased'::text, 'done'::text, 'dropped'::text])))
);

CREATE VIEW public.finished AS
 SELECT w.build,
    w.stage,
    w.item,
    w.input,
    w.version,
    l.status,
    l.output,
    w.base
   FROM (public.work w
     JOIN public.ledger l USING (stage, item, input, version))
  WHERE (l.status = ANY (ARRAY['done'::text, 'dropped'::text]));

CREATE VIEW public.funnel AS
 SELECT build,
    stage,
    count(*) FILTER (WHERE (status = 'done'::text)) AS kept,
    count(*) FILTER (WHERE (status = 'dropped'::text)) AS dropped
   FROM public.finished f
  GROUP BY build, stage;

CREATE TABLE public.gate (
    key bigint NOT NULL,
    build text NOT NULL,
    name text NOT NULL,
    run text NOT NULL,
    passed boolean NOT NULL,
    expectations jsonb NOT NULL,
    failing text[] DEFAULT '{}'::text[] NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE public.gate ALTER COLUMN key ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.gate_key_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.image (
    sha256 text NOT NULL,
    media_type text NOT NULL,
    bytes bigint NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    mode text NOT NULL,
    phash bigint NOT NULL
);

CREATE TABLE public.kept_apart (
    one text NOT NULL,
    other text NOT NULL,
    why text NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT kept_apart_check CHECK ((one < other))
);

CREATE TABLE public.node (
    id bigint NOT NULL,
    tree integer NOT NULL,
    key text NOT NULL,
    digest text NOT NULL,
    facet text NOT NULL,
    curie text,
    name text NOT NULL,
    synonyms text[] DEFAULT '{}'::text[] NOT NULL,
    definition text,
    xrefs text[] DEFAULT '{}'::text[] NOT NULL,
    provenance jsonb NOT NULL,
    licence text NOT NULL,
    text_digest text NOT NULL,
    CONSTRAINT node_facet_check CHECK ((facet = ANY (ARRAY['disease'::text, 'anatomy'::text, 'modality'::text, 'symptom'::text, 'cell'::text, 'organism'::text, 'device'::text, 'procedure'::text, 'normal'::text])))
);

CREATE VIEW public.keyed_closure AS
 SELECT c.tree,
    n.key AS node,
    a.key AS ancestor,
    c.relation,
    c.min_depth
   FROM ((public.closure c
     JOIN public.node n ON ((n.id = c.node)))
     JOIN public.node a ON ((a.id = c.ancestor)));

CREATE TABLE public.migration (
    name text NOT NULL,
    checksum text NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.node_alias (
    tree integer NOT NULL,
    alias text NOT NULL,
    key text NOT NULL,
    reason text NOT NULL
);

ALTER TABLE public.node ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.node_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.page_count (
    scope text NOT NULL,
    what text NOT NULL,
    stage text NOT NULL,
    name text NOT NULL,
    items bigint NOT NULL
);

CREATE TABLE public.page_node (
    scope text NOT NULL,
    node bigint NOT NULL,
    parent bigint,
    below integer NOT NULL,
    children integer NOT NULL,
    panels integer NOT NULL,
    pairs integer NOT NULL
);

CREATE TABLE public.page_role (
    scope text NOT NULL,
    node text NOT NULL,
    role text NOT NULL,
    panels integer NOT NULL
);

CREATE TABLE public.page_state (
    scope text NOT NULL,
    seen text NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    seconds real NOT NULL,
    spent jsonb DEFAULT '[]'::jsonb NOT NULL
);

CREATE VIEW public.pair AS
 SELECT f.build,
    f.item AS panel,
    v.node
   FROM (public.finished f
     JOIN public.verdict v ON (((v.panel = f.item) AND (v.stage = 'align'::text) AND (v.input = f.input) AND (v.version = f.version))))
  WHERE ((f.stage = 'align'::text) AND (f.status = 'done'::text));

CREATE VIEW public.panel_fate AS
 SELECT DISTINCT ON (build, panel) build,
    panel,
    stage,
    reason,
    keep,
    node
   FROM public.build_verdict v
  ORDER BY build, panel, stage, key;

CREATE TABLE public.plan_item (
    plan text NOT NULL,
    "position" integer NOT NULL,
    item text NOT NULL,
    kind text NOT NULL,
    panel text,
    stage text NOT NULL,
    reason text NOT NULL,
    kept boolean NOT NULL,
    stratum text NOT NULL,
    population integer NOT NULL,
    sampled integer NOT NULL,
    CONSTRAINT plan_item_check CHECK (((sampled >= 1) AND (sampled <= population))),
    CONSTRAINT plan_item_kind_check CHECK ((kind = ANY (ARRAY['pair'::text, 'anchor'::text, 'caption'::text, 'question'::text, 'refused'::text]))),
    CONSTRAINT plan_item_population_check CHECK ((population > 0))
);

CREATE TABLE public.relation (
    tree integer NOT NULL,
    key text NOT NULL,
    subject text NOT NULL,
    kind text NOT NULL,
    object text NOT NULL,
    confidence real NOT NULL,
    provenance jsonb NOT NULL,
    CONSTRAINT relation_confidence_check CHECK (((confidence >= (0)::double precision) AND (confidence <= (1)::double precision))),
    CONSTRAINT relation_kind_check CHECK ((kind = ANY (ARRAY['located_in'::text, 'has_symptom'::text, 'seen_on'::text, 'part_of'::text])))
);

CREATE TABLE public.reply (
    key text NOT NULL,
    step text NOT NULL,
    engine text NOT NULL,
    model text NOT NULL,
    text bytea NOT NULL,
    refusal text,
    tokens_in integer NOT NULL,
    tokens_out integer NOT NULL,
    seconds real NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.review (
    key text NOT NULL,
    plan text,
    build text NOT NULL,
    item text NOT NULL,
    kind text NOT NULL,
    panel text,
    stage text NOT NULL,
    kept boolean NOT NULL,
    reviewer text NOT NULL,
    reviewer_kind text NOT NULL,
    turn integer NOT NULL,
    judgement text NOT NULL,
    reason text,
    note text DEFAULT ''::text NOT NULL,
    correction jsonb DEFAULT '{}'::jsonb NOT NULL,
    seen text NOT NULL,
    figure text,
    panel_digest text,
    figure_digest text,
    node text,
    at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT review_check CHECK (((judgement = 'reject'::text) = (reason IS NOT NULL))),
    CONSTRAINT review_check1 CHECK (((judgement = 'correct'::text) = (correction <> '{}'::jsonb))),
    CONSTRAINT review_judgement_check CHECK ((judgement = ANY (ARRAY['accept'::text, 'reject'::text, 'correct'::text, 'undo'::text]))),
    CONSTRAINT review_kind_check CHECK ((kind = ANY (ARRAY['pair'::text, 'anchor'::text, 'caption'::text, 'question'::text, 'refused'::text]))),
    CONSTRAINT review_reviewer_kind_check CHECK ((reviewer_kind = ANY (ARRAY['clinician'::text, 'annotator'::text, 'model'::text]))),
    CONSTRAINT review_turn_check CHECK ((turn >= 0))
);

CREATE VIEW public.standing_review AS
 SELECT key,
    plan,
    build,
    item,
    kind,
    panel,
    stage,
    kept,
    reviewer,
    reviewer_kind,
    turn,
    judgement,
    reason,
    note,
    correction,
    seen,
    figure,
    panel_digest,
    figure_digest,
    node,
    at
   FROM ( SELECT DISTINCT ON (review.item, review.reviewer) review.key,
            review.plan,
            review.build,
            review.item,
            review.kind,
            review.panel,
            review.stage,
            review.kept,
            review.reviewer,
            review.reviewer_kind,
            review.turn,
            review.judgement,
            review.reason,
            review.note,
            review.correction,
            review.seen,
            review.figure,
            review.panel_digest,
            review.figure_digest,
            review.node,
            review.at
           FROM public.review
          ORDER BY review.item, review.reviewer, review.turn DESC) r
  WHERE (judgement <> 'undo'::text);

CREATE VIEW public.review_input AS
 WITH ranked AS (
         SELECT r.key,
            r.plan,
            r.build,
            r.item,
            r.kind,
            r.panel,
            r.stage,
            r.kept,
            r.reviewer,
            r.reviewer_kind,
            r.turn,
            r.judgement,
            r.reason,
            r.note,
            r.correction,
            r.seen,
            r.figure,
            r.panel_digest,
            r.figure_digest,
            r.node,
            r.at,
            array_position(ARRAY['clinician'::text, 'annotator'::text, 'model'::text], r.reviewer_kind) AS rank
           FROM public.standing_review r
        ), first_kind AS (
         SELECT r.key,
            r.plan,
            r.build,
            r.item,
            r.kind,
            r.panel,
            r.stage,
            r.kept,
            r.reviewer,
            r.reviewer_kind,
            r.turn,
            r.judgement,
            r.reason,
            r.note,
            r.correction,
            r.seen,
            r.figure,
            r.panel_digest,
            r.figure_digest,
            r.node,
            r.at,
            r.rank,
            min(r.rank) OVER (PARTITION BY r.item) AS first_rank
           FROM ranked r
        ), deciding AS (
         SELECT r.key,
            r.plan,
            r.build,
            r.item,
            r.kind,
            r.panel,
            r.stage,
            r.kept,
            r.reviewer,
            r.reviewer_kind,
            r.turn,
            r.judgement,
            r.reason,
            r.note,
            r.correction,
            r.seen,
            r.figure,
            r.panel_digest,
            r.figure_digest,
            r.node,
            r.at,
            r.rank,
            r.first_rank,
            (r.reviewer_kind <> 'model'::text) AS by_people,
            bool_or((r.judgement = 'reject'::text)) OVER (PARTITION BY r.item) AS rejected,
            bool_or((r.correction ? 'spans'::text)) OVER (PARTITION BY r.item) AS spans,
            bool_or((r.correction ? 'modality'::text)) OVER (PARTITION BY r.item) AS modality,
            bool_or((r.correction ?| ARRAY['role'::text, 'node'::text])) OVER (PARTITION BY r.item) AS place,
            bool_or((r.correction ? 'question'::text)) OVER (PARTITION BY r.item) AS question
           FROM first_kind r
          WHERE (r.rank = r.first_rank)
        )
 SELECT s.stage,
    s.item,
    string_agg(d.key, ','::text ORDER BY (d.key COLLATE "C")) AS said,
        CASE
            WHEN bool_and((d.judgement = 'reject'::text)) THEN 'reject'::text
            WHEN bool_or(d.rejected) THEN 'differ'::text
            WHEN bool_or((d.correction ? 'node'::text)) THEN 'correct'::text
            ELSE 'accept'::text
        END AS says
   FROM (deciding d
     CROSS JOIN LATERAL ( VALUES ('panels'::text,d.figure,((d.kind = 'pair'::text) AND d.by_people AND d.spans)), ('modality'::text,d.panel,((d.kind = 'pair'::text) AND d.by_people AND d.modality)), ('anchor'::text,d.panel,(((d.kind = 'pair'::text) AND d.place) OR ((d.kind = 'anchor'::text) AND (d.place OR d.rejected)))), ('screen'::text,d.panel,((d.kind = 'pair'::text) AND (d.by_people OR d.rejected))), ('align'::text,d.panel,((d.kind = 'pair'::text) AND d.by_people)), ('caption'::text,d.panel,((d.kind = 'caption'::text) AND d.rejected)), ('question'::text,d.panel,((d.kind = 'question'::text) AND (d.rejected OR (d.by_people AND d.question))))) s(stage, item, matters))
  WHERE (s.matters AND (s.item IS NOT NULL))
  GROUP BY s.stage, s.item;

CREATE TABLE public.review_plan (
    key text NOT NULL,
    name text NOT NULL,
    build text NOT NULL,
    seed integer NOT NULL,
    size integer NOT NULL,
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.run (
    key text NOT NULL,
    flow text NOT NULL,
    parameters jsonb NOT NULL,
    machine text NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    ended_at timestamp with time zone,
    status text DEFAULT 'running'::text NOT NULL,
    prefect_run text,
    seconds jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT run_status_check CHECK ((status = ANY (ARRAY['running'::text, 'completed'::text, 'failed'::text, 'stopped'::text])))
);

CREATE UNLOGGED TABLE public.searched (
    panel text NOT NULL,
    nodes bigint[] NOT NULL,
    vector public.halfvec(384) NOT NULL
);

CREATE UNLOGGED TABLE public.searched_state (
    one boolean DEFAULT true NOT NULL,
    build text NOT NULL,
    model text NOT NULL,
    made text NOT NULL,
    panels integer NOT NULL,
    fresh boolean NOT NULL,
    CONSTRAINT searched_state_one_check CHECK (one)
);

CREATE VIEW public.shown_pair AS
 SELECT p.build,
    p.panel,
    n.tree,
    n.id AS node
   FROM (((public.build b
     JOIN public.build_anchor a ON (((a.build = b.key) AND (a.role = 'depicted'::text) AND (a.polarity = 'affirmed'::text))))
     JOIN public.pair p ON (((p.build = b.key) AND (p.panel = a.panel))))
     JOIN public.node n ON (((n.tree = b.tree) AND (n.key = a.node))));

CREATE TABLE public.source (
    key text NOT NULL,
    kind text NOT NULL,
    uri text NOT NULL,
    data_class text DEFAULT 'open'::text NOT NULL,
    licence text,
    CONSTRAINT source_data_class_check CHECK ((data_class = ANY (ARRAY['open'::text, 'restricted'::text, 'phi'::text])))
);

CREATE TABLE public.source_file (
    source text NOT NULL,
    item text NOT NULL,
    path text NOT NULL,
    digest text NOT NULL
);

CREATE VIEW public.spent AS
 SELECT stage,
    step,
    engine,
    model,
    count(*) AS calls,
    sum(tokens_in) AS tokens_in,
    sum(tokens_out) AS tokens_out,
    sum(seconds) AS seconds,
    sum(usd) AS usd
   FROM public.call c
  GROUP BY stage, step, engine, model;

ALTER TABLE public.tree ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.tree_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.worker (
    id integer NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE public.worker ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.worker_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE ONLY public.anchor
    ADD CONSTRAINT anchor_pkey PRIMARY KEY (key, input, version);

ALTER TABLE ONLY public.article_file
    ADD CONSTRAINT article_file_pkey PRIMARY KEY (item, input, version, article);

ALTER TABLE ONLY public.article
    ADD CONSTRAINT article_pkey PRIMARY KEY (key, input, version);

ALTER TABLE ONLY public.build
    ADD CONSTRAINT build_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.call
    ADD CONSTRAINT call_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.caption
    ADD CONSTRAINT caption_pkey PRIMARY KEY (key, input, version);

ALTER TABLE ONLY public.cited_sentence
    ADD CONSTRAINT cited_sentence_pkey PRIMARY KEY (key, input, version);

ALTER TABLE ONLY public.closure
    ADD CONSTRAINT closure_pkey PRIMARY KEY (node, ancestor);

ALTER TABLE ONLY public.document
    ADD CONSTRAINT document_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.drawn_text
    ADD CONSTRAINT drawn_text_pkey PRIMARY KEY (key, input, version);

ALTER TABLE ONLY public.drop
    ADD CONSTRAINT drop_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.duplicate
    ADD CONSTRAINT duplicate_pkey PRIMARY KEY (key, input, version);

ALTER TABLE ONLY public.edge
    ADD CONSTRAINT edge_pkey PRIMARY KEY (tree, child, parent, kind);

ALTER TABLE ONLY public.embedding
    ADD CONSTRAINT embedding_pkey PRIMARY KEY (text_digest, model);

ALTER TABLE ONLY public.evidence
    ADD CONSTRAINT evidence_pkey PRIMARY KEY (tree, key);

ALTER TABLE ONLY public.fact
    ADD CONSTRAINT fact_pkey PRIMARY KEY (key, input, version);

ALTER TABLE ONLY public.figure
    ADD CONSTRAINT figure_pkey PRIMARY KEY (key, input, version);

ALTER TABLE ONLY public.gate
    ADD CONSTRAINT gate_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.image
    ADD CONSTRAINT image_pkey PRIMARY KEY (sha256);

ALTER TABLE ONLY public.kept_apart
    ADD CONSTRAINT kept_apart_pkey PRIMARY KEY (one, other);

ALTER TABLE ONLY public.known_region
    ADD CONSTRAINT known_region_pkey PRIMARY KEY (key, input, version);

ALTER TABLE ONLY public.ledger
    ADD CONSTRAINT ledger_pkey PRIMARY KEY (stage, item, input, version);

ALTER TABLE ONLY public.mention
    ADD CONSTRAINT mention_pkey PRIMARY KEY (key, input, version);

ALTER TABLE ONLY public.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.modality
    ADD CONSTRAINT modality_pkey PRIMARY KEY (key, input, version);

ALTER TABLE ONLY public.node_alias
    ADD CONSTRAINT node_alias_pkey PRIMARY KEY (tree, alias, key);

ALTER TABLE ONLY public.node
    ADD CONSTRAINT node_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.node
    ADD CONSTRAINT node_tree_key_key UNIQUE (tree, key);

ALTER TABLE ONLY public.page_count
    ADD CONSTRAINT page_count_pkey PRIMARY KEY (scope, what, stage, name);

ALTER TABLE ONLY public.page_node
    ADD CONSTRAINT page_node_pkey PRIMARY KEY (scope, node);

ALTER TABLE ONLY public.page_role
    ADD CONSTRAINT page_role_pkey PRIMARY KEY (scope, node, role);

ALTER TABLE ONLY public.page_state
    ADD CONSTRAINT page_state_pkey PRIMARY KEY (scope);

ALTER TABLE ONLY public.panel
    ADD CONSTRAINT panel_pkey PRIMARY KEY (key, input, version);

ALTER TABLE ONLY public.panel_text
    ADD CONSTRAINT panel_text_pkey PRIMARY KEY (key, input, version);

ALTER TABLE ONLY public.plan_item
    ADD CONSTRAINT plan_item_pkey PRIMARY KEY (plan, item);

ALTER TABLE ONLY public.plan_item
    ADD CONSTRAINT plan_item_plan_position_key UNIQUE (plan, "position");

ALTER TABLE ONLY public.privacy_check
    ADD CONSTRAINT privacy_check_pkey PRIMARY KEY (key, input, version);

ALTER TABLE ONLY public.question
    ADD CONSTRAINT question_pkey PRIMARY KEY (key, input, version);

ALTER TABLE ONLY public.region
    ADD CONSTRAINT region_pkey PRIMARY KEY (key, input, version);

ALTER TABLE ONLY public.relation
    ADD CONSTRAINT relation_pkey PRIMARY KEY (tree, key);

ALTER TABLE ONLY public.reply
    ADD CONSTRAINT reply_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.review
    ADD CONSTRAINT review_item_reviewer_turn_key UNIQUE (item, reviewer, turn);

ALTER TABLE ONLY public.review
    ADD CONSTRAINT review_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.review_plan
    ADD CONSTRAINT review_plan_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.run
    ADD CONSTRAINT run_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.searched_state
    ADD CONSTRAINT searched_state_pkey PRIMARY KEY (one);

ALTER TABLE ONLY public.source_file
    ADD CONSTRAINT source_file_pkey PRIMARY KEY (source, item);

ALTER TABLE ONLY public.source
    ADD CONSTRAINT source_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.tree
    ADD CONSTRAINT tree_key_key UNIQUE (key);

ALTER TABLE ONLY public.tree
    ADD CONSTRAINT tree_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.verdict
    ADD CONSTRAINT verdict_pkey PRIMARY KEY (key, input, version);

ALTER TABLE ONLY public.work
    ADD CONSTRAINT work_pkey PRIMARY KEY (build, stage, item);

ALTER TABLE ONLY public.worker
    ADD CONSTRAINT worker_pkey PRIMARY KEY (id);

CREATE INDEX anchor_node ON public.anchor USING btree (node, role, polarity, score DESC, panel);

CREATE INDEX anchor_panel ON public.anchor USING btree (panel, input, version);

CREATE INDEX article_doi ON public.article USING btree (lower(doi));

CREATE INDEX article_file_article ON public.article_file USING btree (article);

CREATE INDEX article_id ON public.article USING btree (id);

CREATE INDEX article_pmcid ON public.article USING btree (pmcid);

CREATE INDEX call_item ON public.call USING btree (item);

CREATE INDEX caption_panel ON public.caption USING btree (panel);

CREATE INDEX cited_sentence_panel ON public.cited_sentence USING btree (panel);

CREATE INDEX closure_ancestor ON public.closure USING btree (ancestor, node);

CREATE INDEX drawn_text_image ON public.drawn_text USING btree (image);

CREATE INDEX drop_item ON public.drop USING btree (item);

CREATE INDEX drop_reason_item ON public.drop USING btree (stage, reason, item);

CREATE INDEX drop_work ON public.drop USING btree (stage, work_item, input, version);

CREATE INDEX duplicate_panel ON public.duplicate USING btree (panel);

CREATE INDEX duplicate_work ON public.duplicate USING btree (input, version);

CREATE UNIQUE INDEX edge_one_primary ON public.edge USING btree (tree, child) WHERE is_primary;

CREATE INDEX edge_parent ON public.edge USING btree (tree, parent);

CREATE INDEX evidence_subject ON public.evidence USING btree (tree, subject);

CREATE INDEX fact_article ON public.fact USING btree (article);

CREATE INDEX figure_article ON public.figure USING btree (article);

CREATE INDEX figure_image ON public.figure USING btree (image);

CREATE INDEX known_region_article ON public.known_region USING btree (article);

CREATE INDEX ledger_open ON public.ledger USING btree (stage, status) WHERE (status = ANY (ARRAY['pending'::text, 'leased'::text]));

CREATE INDEX mention_figure ON public.mention USING btree (figure);

CREATE INDEX modality_panel ON public.modality USING btree (panel);

CREATE INDEX node_curie ON public.node USING btree (tree, curie);

CREATE INDEX node_lower_name ON public.node USING btree (tree, lower(name));

CREATE INDEX node_lower_synonyms ON public.node USING gin (public.lowered(synonyms));

CREATE INDEX node_name ON public.node USING gin (lower(name) public.gin_trgm_ops);

CREATE INDEX node_synonyms ON public.node USING gin (public.joined(synonyms) public.gin_trgm_ops);

CREATE INDEX node_xrefs ON public.node USING gin (xrefs);

CREATE INDEX page_node_parent ON public.page_node USING btree (scope, parent, below DESC, node);

CREATE INDEX panel_band_first ON public.panel USING btree ((((phash >> 48) & (65535)::bigint)), phash);

CREATE INDEX panel_band_fourth ON public.panel USING btree (((phash & (65535)::bigint)), phash);

CREATE INDEX panel_band_second ON public.panel USING btree ((((phash >> 32) & (65535)::bigint)), phash);

CREATE INDEX panel_band_third ON public.panel USING btree ((((phash >> 16) & (65535)::bigint)), phash);

CREATE INDEX panel_figure ON public.panel USING btree (figure);

CREATE INDEX panel_image ON public.panel USING btree (image);

CREATE INDEX panel_phash ON public.panel USING btree (phash) INCLUDE (key);

CREATE INDEX panel_text_digest ON public.panel_text USING btree (text_digest);

CREATE INDEX panel_text_panel ON public.panel_text USING btree (panel, input, version);

CREATE INDEX panel_text_words ON public.panel_text USING gin (words);

CREATE INDEX privacy_check_panel ON public.privacy_check USING btree (panel);

CREATE INDEX question_panel ON public.question USING btree (panel);

CREATE INDEX region_panel ON public.region USING btree (panel);

CREATE INDEX relation_object ON public.relation USING btree (tree, object);

CREATE INDEX relation_subject ON public.relation USING btree (tree, subject);

CREATE INDEX review_figure ON public.review USING btree (figure);

CREATE INDEX review_of_plan ON public.review USING btree (plan, reviewer);

CREATE INDEX review_panel ON public.review USING btree (panel);

CREATE INDEX searched_nodes ON public.searched USING gin (nodes);

CREATE INDEX verdict_panel ON public.verdict USING btree (panel);

CREATE INDEX work_state ON public.work USING btree (stage, item, input, version);

CREATE TRIGGER searched_is_old AFTER INSERT OR DELETE OR UPDATE ON public.panel_text FOR EACH STATEMENT EXECUTE FUNCTION public.searched_is_old();

CREATE TRIGGER searched_is_old AFTER INSERT OR DELETE OR UPDATE ON public.work FOR EACH STATEMENT EXECUTE FUNCTION public.searched_is_old();

ALTER TABLE ONLY public.build
    ADD CONSTRAINT build_tree_fkey FOREIGN KEY (tree) REFERENCES public.tree(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.closure
    ADD CONSTRAINT closure_tree_fkey FOREIGN KEY (tree) REFERENCES public.tree(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.edge
    ADD CONSTRAINT edge_tree_child_fkey FOREIGN KEY (tree, child) REFERENCES public.node(tree, key) ON DELETE CASCADE;

ALTER TABLE ONLY public.edge
    ADD CONSTRAINT edge_tree_fkey FOREIGN KEY (tree) REFERENCES public.tree(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.edge
    ADD CONSTRAINT edge_tree_parent_fkey FOREIGN KEY (tree, parent) REFERENCES public.node(tree, key) ON DELETE CASCADE;

ALTER TABLE ONLY public.evidence
    ADD CONSTRAINT evidence_document_fkey FOREIGN KEY (document) REFERENCES public.document(key);

ALTER TABLE ONLY public.evidence
    ADD CONSTRAINT evidence_tree_fkey FOREIGN KEY (tree) REFERENCES public.tree(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.figure
    ADD CONSTRAINT figure_image_fkey FOREIGN KEY (image) REFERENCES public.image(sha256);

ALTER TABLE ONLY public.gate
    ADD CONSTRAINT gate_build_fkey FOREIGN KEY (build) REFERENCES public.build(key) ON DELETE CASCADE;

ALTER TABLE ONLY public.node_alias
    ADD CONSTRAINT node_alias_tree_fkey FOREIGN KEY (tree) REFERENCES public.tree(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.node
    ADD CONSTRAINT node_tree_fkey FOREIGN KEY (tree) REFERENCES public.tree(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.panel
    ADD CONSTRAINT panel_image_fkey FOREIGN KEY (image) REFERENCES public.image(sha256);

ALTER TABLE ONLY public.plan_item
    ADD CONSTRAINT plan_item_plan_fkey FOREIGN KEY (plan) REFERENCES public.review_plan(key) ON DELETE CASCADE;

ALTER TABLE ONLY public.relation
    ADD CONSTRAINT relation_tree_fkey FOREIGN KEY (tree) REFERENCES public.tree(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.review
    ADD CONSTRAINT review_plan_fkey FOREIGN KEY (plan) REFERENCES public.review_plan(key);

ALTER TABLE ONLY public.source_file
    ADD CONSTRAINT source_file_source_fkey FOREIGN KEY (source) REFERENCES public.source(key) ON DELETE CASCADE;

ALTER TABLE ONLY public.work
    ADD CONSTRAINT work_build_fkey FOREIGN KEY (build) REFERENCES public.build(key) ON DELETE CASCADE;

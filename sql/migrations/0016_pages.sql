-- Counts that pages show, made at once for a scope (a build, or a tree that no build uses) and read by key. They are
-- made anew when something happened since (`page_state.seen`), and decide nothing.

create table page_state (
    scope text primary key,
    seen text not null,
    at timestamptz not null default now(),
    seconds real not null,
    spent jsonb not null default '[]'
);

-- What stages kept and dropped, and how many items there are of each kind.
create table page_count (
    scope text not null,
    what text not null,
    stage text not null,
    name text not null,
    items bigint not null,
    primary key (scope, what, stage, name)
);

-- A node by its number: its primary parent, the nodes under it over all edges, its primary children, and how many panels
-- and pairs show it or something under it.
create table page_node (
    scope text not null,
    node bigint not null,
    parent bigint,
    below integer not null,
    children integer not null,
    panels integer not null,
    pairs integer not null,
    primary key (scope, node)
);
create index page_node_parent on page_node (scope, parent, below desc, node);

-- How many panels are anchored at a node itself, by role.
create table page_role (
    scope text not null,
    node text not null,
    role text not null,
    panels integer not null,
    primary key (scope, node, role)
);

-- What pages look up by something else than a key.
create index drop_reason_item on "drop" (stage, reason, item);
create index panel_image on panel (image);
create index figure_image on figure (image);
create index panel_phash on panel (phash) include (key);
create index article_pmcid on article (pmcid);
create index article_doi on article (lower(doi));
create index article_id on article (id);
create index duplicate_panel on duplicate (panel);
create index article_file_article on article_file (article);

-- The surest anchors of a node in a role stand together; whatever asks for a node alone is served as well.
drop index anchor_node;
create index anchor_node on anchor (node, role, polarity, score desc, panel);

-- Part of any name finds a node: the index over names themselves (node_name) has a sister for synonyms.
create function joined(names text[]) returns text
    language sql immutable parallel safe
    return (select string_agg(lower(name), chr(10)) from unnest(names) as each (name));
create index node_synonyms on node using gin (joined(synonyms) gin_trgm_ops);

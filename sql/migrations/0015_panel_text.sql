-- What is said of a panel, by place, so that a node's words find the panels that nothing anchored to it: subcaption,
-- rest of the caption, passages that cite the figure, title of the article. `text_digest` is that of the subcaption,
-- whose vector stands in `embedding`.
create table panel_text (
    key text not null,
    panel text not null,
    text_digest text not null,
    subcaption text not null,
    caption text not null,
    mentions text not null,
    title text not null,
    words tsvector not null generated always as (
        setweight(to_tsvector('english', left(subcaption, 100000)), 'A')
        || setweight(to_tsvector('english', left(caption, 100000)), 'B')
        || setweight(to_tsvector('english', left(mentions, 100000)), 'C')
        || setweight(to_tsvector('english', left(title, 10000)), 'D')
    ) stored,
    input text not null,
    version text not null,
    primary key (key, input, version)
);
create index panel_text_panel on panel_text (panel, input, version);
create index panel_text_digest on panel_text (text_digest);
create index panel_text_words on panel_text using gin (words);

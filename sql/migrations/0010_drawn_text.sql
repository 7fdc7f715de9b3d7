-- Text that is drawn into image files, as a reader read it; an image is read once, whichever figures show it.
create table drawn_text (
    key text not null,
    image text not null,
    position integer not null,
    box integer[4] not null,
    text text not null,
    score real not null,
    input text not null,
    version text not null,
    primary key (key, input, version)
);
create index drawn_text_image on drawn_text (image);

-- What looked for names, faces and other identifiers in a panel and its texts, and what kinds were found where.
create table privacy_check (
    key text not null,
    panel text not null,
    status text not null check (status in ('clean', 'flagged', 'unscreened')),
    reasons jsonb not null,
    looked text[] not null,
    lacking text[] not null,
    input text not null,
    version text not null,
    primary key (key, input, version)
);
create index privacy_check_panel on privacy_check (panel);

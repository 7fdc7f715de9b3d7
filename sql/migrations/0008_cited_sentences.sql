-- The passages that cite a figure, condensed to what concerns a panel: sentences by offset into a mention's text, each
-- with what it can support.
create table cited_sentence (
    key text not null,
    panel text not null,
    mention text not null,
    start_char integer not null,
    end_char integer not null,
    tag text not null check (tag in ('visible', 'context', 'outcome')),
    engine text not null,
    model text not null,
    input text not null,
    version text not null,
    primary key (key, input, version)
);
create index cited_sentence_panel on cited_sentence (panel);

-- Which sentences of a panel's part of the caption can be checked in the image, and why the others cannot.
alter table panel add column sentences jsonb not null default '[]';
alter table panel alter column sentences drop default;

-- What text and pixels said of the kind of image, each by itself.
alter table modality add column signals jsonb not null default '{}';
alter table modality alter column signals drop default;

-- What a source knows beside what an article holds: facts about an article or a figure, and regions of a figure.
create table fact (
    key text not null,
    article text not null,
    subject text not null,
    facts jsonb not null,
    input text not null,
    version text not null,
    primary key (key, input, version)
);
create index fact_article on fact (article);

create table known_region (
    key text not null,
    article text not null,
    figure text not null,
    box integer[] not null,
    rle text,
    label text not null,
    concept text,
    input text not null,
    version text not null,
    primary key (key, input, version)
);
create index known_region_article on known_region (article);

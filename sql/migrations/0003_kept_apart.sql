-- Two concepts that people have said are two: no tree that is grown from then on joins them. Each is a CURIE, or the
-- normal form of the name of what has none; `one` is the smaller.
create table kept_apart (
    one text not null,
    other text not null,
    why text not null,
    at timestamptz not null default now(),
    primary key (one, other),
    check (one < other)
);

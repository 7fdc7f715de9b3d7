-- What people and models judged of items, and which items a plan gives them to judge. Both are only ever added to.

-- A sample of items of a build, drawn for review: the same build, seed and size give the same items.
create table review_plan (
    key text primary key,
    name text not null,
    build text not null,
    seed integer not null,
    size integer not null,
    settings jsonb not null default '{}',
    at timestamptz not null default now()
);

-- One item of a plan: what the engine had decided of it, its stratum, how many items of the build the stratum holds,
-- and how many of them the plan has.
create table plan_item (
    plan text not null references review_plan (key) on delete cascade,
    position integer not null,
    item text not null,
    kind text not null check (kind in ('pair', 'anchor', 'caption', 'question', 'refused')),
    panel text,
    stage text not null,
    reason text not null,
    kept boolean not null,
    stratum text not null,
    population integer not null check (population > 0),
    sampled integer not null check (sampled between 1 and population),
    primary key (plan, item),
    unique (plan, position)
);

-- One judgement of one reviewer; it outlives the build that it was made in. `turn` counts what this reviewer said of the item, from 0; the last turn stands, and
-- one whose judgement is 'undo' leaves the item open again.
create table review (
    key text primary key,
    plan text references review_plan (key),
    build text not null,
    item text not null,
    kind text not null check (kind in ('pair', 'anchor', 'caption', 'question', 'refused')),
    panel text,
    stage text not null,
    kept boolean not null,
    reviewer text not null,
    reviewer_kind text not null check (reviewer_kind in ('clinician', 'annotator', 'model')),
    turn integer not null check (turn >= 0),
    judgement text not null check (judgement in ('accept', 'reject', 'correct', 'undo')),
    reason text,
    note text not null default '',
    correction jsonb not null default '{}',
    seen text not null,
    figure text,
    panel_digest text,
    figure_digest text,
    node text,
    at timestamptz not null default now(),
    unique (item, reviewer, turn),
    check ((judgement = 'reject') = (reason is not null)),
    check ((judgement = 'correct') = (correction <> '{}'))
);
create index review_panel on review (panel);
create index review_figure on review (figure);
create index review_of_plan on review (plan, reviewer);

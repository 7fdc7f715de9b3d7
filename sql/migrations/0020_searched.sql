-- What a search by vector reads: the panels of one build whose subcaption has a vector, each with the numbers of the
-- nodes at or above what its texts show or give as the diagnosis, those with most below them first. Rows lie in the order
-- of the tree, so what stands under a node lies together. The table is made from the rows of the build whenever these have
-- changed (met/store/search.py), and decides nothing; an index over its vectors stands where there are many rows. A crash
-- empties it together with its state.
drop index if exists embedding_hnsw;

create unlogged table searched (
    panel text not null,
    nodes bigint[] not null,
    vector halfvec(384) not null
);
create index searched_nodes on searched using gin (nodes);

-- What `searched` holds: of which build, by which model, made of which rows. `fresh`: nothing was written since that they
-- may depend on.
create unlogged table searched_state (
    one boolean primary key default true check (one),
    build text not null,
    model text not null,
    made text not null,
    panels integer not null,
    fresh boolean not null
);

create function searched_is_old() returns trigger language plpgsql as $$
begin
    update searched_state set fresh = false where fresh;
    return null;
end
$$;
create trigger searched_is_old after insert or update or delete on work for each statement execute function searched_is_old();
create trigger searched_is_old after insert or update or delete on panel_text
    for each statement execute function searched_is_old();

create aggregate joined_arrays(bigint[]) (sfunc = array_cat, stype = bigint[], initcond = '{}');

-- Lists around sampled centres (Jegou, Douze and Schmid, 2011): about a thousand rows in each.
create function index_searched(many integer) returns void language plpgsql as $$
begin
    execute format(
        'create index searched_vectors on searched using ivfflat (vector halfvec_cosine_ops) with (lists = %s)',
        greatest(1, least(2000, many / 1000))
    );
end
$$;

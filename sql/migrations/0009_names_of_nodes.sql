-- A node is looked up by any of its names and cross references: in a large tree through an index.
create function lowered(names text[]) returns text[]
    language sql immutable parallel safe
    return (select array_agg(lower(name)) from unnest(names) as each (name));

create index node_xrefs on node using gin (xrefs);
create index node_lower_synonyms on node using gin (lowered(synonyms));

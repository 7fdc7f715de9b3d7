-- What models answered outside the ledger, by the key of the request: who was asked, and all that was sent. The text is
-- UTF-8 as it came, with signs that no text column takes. What an answer cost stands in table call.
create table reply (
    key text primary key,
    step text not null,
    engine text not null,
    model text not null,
    text bytea not null,
    refusal text,
    tokens_in integer not null,
    tokens_out integer not null,
    seconds real not null,
    at timestamptz not null default now()
);

-- What an article says of its publication, of its subjects, and of the articles that retract, correct or accompany it.
alter table article add column published text;
alter table article add column dates jsonb not null default '{}';
alter table article add column related jsonb not null default '[]';
alter table article add column subjects text[] not null default '{}';

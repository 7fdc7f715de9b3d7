-- Hashes of the windows that a panel's content places: cropped copies of one picture share some of them.
alter table panel add column windows bigint[] not null default '{}';
alter table panel alter column windows drop default;

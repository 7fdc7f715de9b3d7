-- Panels are compared by their own pixels, not by those of the figure that they are cut from.
alter table panel add column phash bigint not null default 0;
alter table panel alter column phash drop default;

-- A file of a dataset holds many rows, and each is an article of its own.
alter table article_file drop constraint article_file_pkey, add primary key (item, input, version, article);

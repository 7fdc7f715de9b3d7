-- What looked at a panel stands in privacy_check; a panel says nothing of it by itself.
alter table panel drop column privacy;

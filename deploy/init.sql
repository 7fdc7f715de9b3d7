-- Prefect's own database beside the engine's; runs once, on an empty volume.
create database prefect;
\connect prefect
create extension if not exists pg_trgm;

"""Plain SQL: migrations, named queries, views, and schema.sql, which is the shape that they add up to."""

"""The engines for SQLite (lanes) and PostgreSQL, `write()`, migrations, and jobs that one process claims."""

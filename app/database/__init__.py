"""The engine for SQLite (lanes) and PostgreSQL, `write()` transactions, and running the migrations."""

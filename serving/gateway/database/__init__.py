"""What outlives the process: by SQLAlchemy, in SQLite or PostgreSQL; its form by Alembic's migrations."""

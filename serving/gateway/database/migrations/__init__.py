"""Alembic's: `env` runs what `versions` holds, a file for each change of the tables; one that was released is
never edited.
"""

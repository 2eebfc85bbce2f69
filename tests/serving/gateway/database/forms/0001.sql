BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE suggestions (
	id INTEGER NOT NULL, 
	created DATETIME NOT NULL, 
	source_language VARCHAR(35) NOT NULL, 
	target_language VARCHAR(35) NOT NULL, 
	source TEXT NOT NULL, 
	suggestion TEXT NOT NULL, 
	"key" VARCHAR(64) NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "suggestions" VALUES(1,'2026-11-01 12:00:00.000000','en','de','Good morning.','Guten Morgen.','anna');
COMMIT;

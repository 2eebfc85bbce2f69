BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE keys (
	id INTEGER NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	old_hash VARCHAR(64), 
	old_until DATETIME, 
	scopes VARCHAR(200) NOT NULL, 
	per_minute BIGINT, 
	per_month BIGINT, 
	created DATETIME NOT NULL, 
	revoked DATETIME, 
	PRIMARY KEY (id), 
	UNIQUE (name), 
	UNIQUE (hash)
);
INSERT INTO "keys" VALUES(1,'anna','8f68ce373d4607a65f1b1ce5c42eef43dcc492fdf17a5bb36bdca6d656ca21da',NULL,NULL,'translate,suggest',NULL,5000,'2026-11-01 12:00:00.000000',NULL);
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
CREATE TABLE usage (
	key_id INTEGER NOT NULL, 
	month VARCHAR(7) NOT NULL, 
	characters BIGINT NOT NULL, 
	PRIMARY KEY (key_id, month), 
	FOREIGN KEY(key_id) REFERENCES keys (id)
);
INSERT INTO "usage" VALUES(1,'2026-11',42);
COMMIT;

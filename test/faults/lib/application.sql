-- What the application of the campaign works with.
CREATE EXTENSION selfheal;
CREATE ROLE app LOGIN;
CREATE ROLE alice LOGIN IN ROLE selfheal_operator;

CREATE TABLE hot (
	id integer PRIMARY KEY,
	n integer NOT NULL DEFAULT 0
);
INSERT INTO hot SELECT generate_series(1, 10000);
ALTER TABLE hot OWNER TO app;

-- A row for every transaction of the load.
CREATE TABLE booking (
	client integer NOT NULL,
	at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE booking OWNER TO app;

-- What batch jobs, reports and migrations of healthy hours work on.
CREATE TABLE big (
	id integer PRIMARY KEY,
	category integer NOT NULL,
	value double precision NOT NULL
);
INSERT INTO big SELECT g, g % 100, random() FROM generate_series(1, 200000) AS g;
ALTER TABLE big OWNER TO app;

GRANT CREATE ON SCHEMA public TO app;
VACUUM ANALYZE;

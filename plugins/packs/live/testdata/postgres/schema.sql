-- A records system's reporting database: the tables are the system's own, the views are what others may read.
CREATE TABLE nominal (nominal_no bigint PRIMARY KEY, sur text NOT NULL, fore text, born date, gender char(1), pnc text, aka text[],
	tel text[] NOT NULL DEFAULT '{}', markers jsonb NOT NULL DEFAULT '[]', gsc text NOT NULL DEFAULT 'OFFICIAL', amended timestamptz NOT NULL, rev int NOT NULL DEFAULT 1);
CREATE TABLE premises (premises_no bigint PRIMARY KEY, house text, street text, town text, pc text, uprn bigint);
CREATE TABLE nominal_premises (nominal_no bigint REFERENCES nominal, premises_no bigint REFERENCES premises, kind text, since date, until date, PRIMARY KEY (nominal_no, premises_no, kind));
CREATE TABLE conveyance (id uuid PRIMARY KEY, reg text NOT NULL, make text, model text, colour text, keeper bigint REFERENCES nominal, los boolean NOT NULL, amended timestamptz NOT NULL);
CREATE TABLE event (no text PRIMARY KEY, cat text, opened timestamp NOT NULL, state text NOT NULL, head text, street text, town text, pc text, people bigint[] NOT NULL DEFAULT '{}', amended timestamptz NOT NULL);

CREATE VIEW v_person AS SELECT nominal_no AS person_id, sur AS family_name, fore AS given_names, born AS dob, gender AS sex, pnc AS pnc_id, aka AS aliases,
	tel AS phones, markers AS flags, gsc AS marking, amended AS changed_at, rev AS row_version FROM nominal;
CREATE VIEW v_address_link AS SELECT l.nominal_no AS person_id, p.premises_no AS address_id, l.kind AS link_type, p.house, p.street, p.town, p.pc AS postcode, p.uprn,
	false AS nfa, l.since AS from_date, l.until AS to_date FROM nominal_premises l JOIN premises p USING (premises_no);
CREATE VIEW v_vehicle AS SELECT c.id AS vehicle_id, c.reg AS vrm, c.make, c.model, c.colour, c.keeper AS keeper_id, concat_ws(' ', n.fore, n.sur) AS keeper_name, c.los AS stolen, c.amended AS changed_at
	FROM conveyance c LEFT JOIN nominal n ON n.nominal_no = c.keeper;
CREATE VIEW v_incident AS SELECT no AS incident_no, cat AS category, opened AS opened_at, state AS status, head AS summary, street, town, pc AS postcode, people AS subject_ids, amended AS changed_at FROM event;

CREATE FUNCTION announce() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'DELETE' THEN
		PERFORM pg_notify('incident_changed', json_build_object('incident_no', OLD.no, 'deleted', true)::text);
		RETURN OLD;
	END IF;
	PERFORM pg_notify('incident_changed', json_build_object('incident_no', NEW.no)::text);
	RETURN NEW;
END $$;
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON event FOR EACH ROW EXECUTE FUNCTION announce();

INSERT INTO nominal VALUES
	(9007199254740993, 'Ó Briain', 'Siobhán Máire', '1984-03-31', 'F', '84/123456K', '{"O''Brien","Shiv"}', '{"07700 900123"}', '[{"code":"VI","text":"Assaulted officers 2019","since":"2019-06-01"}]', 'OFFICIAL-SENSITIVE', '2026-03-29 01:30:00+00', 7),
	(2, 'O''Neill', 'Aaron', NULL, 'M', NULL, NULL, '{}', '[]', 'OFFICIAL', '2026-01-01 00:00:00+00', 1),
	(3, 'محمود', 'عمر', '1990-12-01', 'X', NULL, NULL, '{}', '[]', 'OFFICIAL', '2026-01-01 00:00:00+00', 1);
INSERT INTO nominal SELECT 1000 + g, 'Archer', 'Given' || g || ' Middle', date '1970-01-01' + g, 'M', NULL, NULL, '{}', '[]', 'OFFICIAL', '2026-01-01 00:00:00+00', 1 FROM generate_series(1, 230) g;
INSERT INTO premises VALUES (11, '14', 'Cardigan Lane', 'Leeds', 'LS8 2QX', 100050000014), (12, NULL, 'Kirkgate', 'Leeds', 'LS2 7DJ', NULL);
INSERT INTO nominal_premises VALUES (9007199254740993, 11, 'HOME', '2020-02-01', NULL), (9007199254740993, 12, 'PREV', '2011-05-01', '2020-02-01');
INSERT INTO conveyance VALUES
	('a1b2c3d4-0000-4000-8000-000000000001', 'AB12CDE', 'FORD', 'FOCUS', 'BLUE', 9007199254740993, false, '2026-02-01 10:00:00+00'),
	('a1b2c3d4-0000-4000-8000-000000000002', 'YK19XYZ', 'BMW', '320D', 'BLACK', NULL, true, '2026-02-01 10:00:00+00');
INSERT INTO event SELECT 'RP/26/' || lpad(g::text, 4, '0'), 'THFT', timestamp '2026-07-01 12:30:00' + g * interval '1 hour', 'OPN', 'Theft of a bicycle, number ' || g, 'Cardigan Lane', 'Leeds', 'LS8 2QX',
	'{9007199254740993}', '2026-07-02 09:00:00+00' FROM generate_series(1, 120) g;

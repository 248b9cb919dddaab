-- Imports are claimed apart from other jobs, however many of those wait.
CREATE INDEX job_import ON job (run_at, id) WHERE kind = 'import';

-- How often somebody was refused on a day, beside how much they saw.
ALTER TABLE audit_volume ADD COLUMN refused BIGINT NOT NULL DEFAULT 0;

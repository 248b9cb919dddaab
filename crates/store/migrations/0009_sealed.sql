-- What people write and are called is sealed. Each `sealed` column holds what the row's plain columns held before; those
-- are empty then. Rows without it are older ones, which are sealed in the background.

-- The name of the key that a person's rows are sealed with.
ALTER TABLE contact ADD COLUMN key_id BIGINT;
ALTER TABLE contact ADD COLUMN sealed {bytes};

-- An address is found by keyed entries in place of the provider's id and the number. search_key, like the contact's
-- name_key, holds keyed tokens.
ALTER TABLE identity ADD COLUMN sealed {bytes};
ALTER TABLE identity ADD COLUMN user_index {bytes};
ALTER TABLE identity ADD COLUMN phone_index {bytes};
DROP INDEX identity_user;
DROP INDEX identity_phone;
CREATE UNIQUE INDEX identity_user ON identity (inbox_id, user_index) WHERE user_index IS NOT NULL;
CREATE UNIQUE INDEX identity_phone ON identity (inbox_id, phone_index) WHERE phone_index IS NOT NULL;

ALTER TABLE conversation ADD COLUMN last_message_sealed {bytes};
ALTER TABLE message ADD COLUMN sealed {bytes};
ALTER TABLE media ADD COLUMN sealed {bytes};
ALTER TABLE outbound ADD COLUMN sealed {bytes};
ALTER TABLE job ADD COLUMN sealed {bytes};
ALTER TABLE inbox ADD COLUMN sealed {bytes};
ALTER TABLE inbox_secret ADD COLUMN sealed {bytes};
ALTER TABLE inbound_parked ADD COLUMN sealed {bytes};
ALTER TABLE gap ADD COLUMN sealed {bytes};

-- How far the older rows of each table are sealed.
CREATE TABLE sealing (
    name TEXT PRIMARY KEY,
    upto BIGINT NOT NULL,
    done BOOLEAN NOT NULL
);

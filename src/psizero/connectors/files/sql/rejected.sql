create table rejected (line bigint, reason varchar)

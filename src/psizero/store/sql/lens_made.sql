create table if not exists lens (raw_since bigint not null)

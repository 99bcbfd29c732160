-- what waits, what is known by its key, and what is sealed; the first two are no history
create table inbox.{table} (
    nth bigint primary key,
    occurred_at timestamp,
    recorded_at timestamp,
    source text collate "C" not null,
    id text collate "C" not null,
    subject text collate "C" not null,
    cause text collate "C",
    {columns},
    digest bytea not null
);
create table known.{table} (
    source text collate "C" not null,
    id text collate "C" not null,
    nth bigint not null,
    occurred_at timestamp,
    digest bytea not null,
    {unique}
    primary key (source, id)
);
create table event.{table} (
    position bigint not null,
    nth bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    source text collate "C" not null,
    id text collate "C" not null,
    subject text collate "C" not null,
    cause text collate "C",
    {columns},
    digest bytea not null
) {partitioned};
create index on event.{table} (position)

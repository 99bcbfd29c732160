create table if not exists {table} (
    position bigint,
    occurred_at timestamp,
    recorded_at timestamp,
    source varchar not null,
    id varchar not null,
    subject varchar not null,
    cause varchar,
    {columns},
    digest blob not null,
    primary key (source, id)
)

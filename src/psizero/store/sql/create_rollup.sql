create table if not exists {table} (
    {subject} varchar not null,
    {by},
    start timestamp not null,
    recorded timestamp not null,
    quantity decimal(38,9) not null,
    events bigint not null,
    position bigint not null
)

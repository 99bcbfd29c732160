-- migration 1: where the ledger stands, its batches, and the schemas of everything else
create schema event;
create schema kept;
create table migration (number integer primary key);
create table kept_definition (name varchar primary key, definition varchar not null);
create table standing (
    last_position bigint not null,
    sealed_at timestamp,
    rolled_until timestamp,
    batches bigint not null,
    chain varchar not null
);
insert into standing values (0, null, null, 0, '');
create table ledger (
    batch bigint primary key,
    first_position bigint not null,
    last_position bigint not null,
    kinds varchar[] not null,
    chunks varchar[] not null,
    digest varchar not null,
    chain varchar not null
);

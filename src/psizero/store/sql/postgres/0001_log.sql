-- migration 1: where the log stands, its batches, what arrived, keys of personal data, stops
create schema house;
create schema event;
create schema inbox;
create schema known;
create table house.migration (number integer primary key);
create table house.standing (
    last_position bigint not null,
    sealed_at timestamp,
    rolled_until timestamp,
    batches bigint not null,
    chain text not null,
    fence bigint not null,
    holder text not null,
    live boolean not null
);
insert into house.standing values (0, null, null, 0, '', 0, '', false);
create table house.ledger (
    batch bigint primary key,
    first_position bigint not null,
    last_position bigint not null,
    kinds text[] not null,
    chunks text[] not null,
    digest text not null,
    chain text not null
);
create sequence house.arrivals;
create table house.arrival (id bigint primary key, kind text not null, rows bigint not null);
create table house.key_record (
    place text collate "C" primary key,
    key bytea not null,
    until text not null,
    erased text not null
);
create table house.erasure (count bigint not null);
insert into house.erasure values (0);
create table house.stop (scope text collate "C" primary key, said jsonb not null);

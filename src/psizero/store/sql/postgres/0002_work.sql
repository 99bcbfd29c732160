-- migration 2: the queue of procrastinate in a schema of its own, and what is brought back
create schema work;
create table work.parcel (job bigint primary key, pid integer not null, body bytea);
set local search_path = work;
{procrastinate}
;
set local search_path = "$user", public

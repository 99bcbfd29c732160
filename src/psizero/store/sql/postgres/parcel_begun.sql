insert into work.parcel values (%(job)s, pg_backend_pid(), null) on conflict (job) do nothing

with gone as (delete from work.parcel)
delete from work.procrastinate_jobs where status = 'doing' and worker_id is null

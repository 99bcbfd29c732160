-- of a source and id only the first row may claim the columns that are unique
insert into known.{table} ({columns})
select {columns} from (
    select distinct on (source, id) {columns} from inbox.{table}
    where nth between %(first)s and %(last)s
    order by source, id, nth
) firsts
order by nth
on conflict do nothing

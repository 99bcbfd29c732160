insert into known.{table} ({columns})
select {columns} from inbox.{table} where nth between %(first)s and %(last)s
order by nth
on conflict do nothing

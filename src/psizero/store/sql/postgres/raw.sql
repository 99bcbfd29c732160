select {columns} from event.{table}
where position <= %(last)s and recorded_at >= %(since)s
order by position

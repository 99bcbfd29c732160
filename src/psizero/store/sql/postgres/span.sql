select {columns} from event.{table} where position between %(first)s and %(last)s
order by position

select {columns} from {table}
where from_position <= $through and (to_position is null or to_position > $through)

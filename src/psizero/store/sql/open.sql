select {columns} from {table} where to_position is null limit {rows}

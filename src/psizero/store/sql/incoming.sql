select {columns}, position from ({parts}) order by position limit {rows}

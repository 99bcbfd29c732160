select distinct subject from {table}

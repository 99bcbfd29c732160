create table if not exists event.{table}_{month} partition of event.{table}
for values from ('{first}') to ('{end}')

select column_name from (describe {table})

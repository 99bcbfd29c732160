select table_schema || '.' || table_name, list(column_name)
from information_schema.columns
group by all

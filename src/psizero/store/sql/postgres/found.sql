select to_regclass('house.migration') is not null, current_setting('server_encoding'),
       exists (select from pg_catalog.pg_tables where schemaname = 'public')

-- what is acknowledged is durable, whatever the server's default; and few rows are looked up by
-- their keys, whatever the planner has not counted yet
set synchronous_commit = on;
set enable_hashjoin = off; set enable_mergejoin = off;
set datestyle = 'ISO'; set timezone = 'UTC'; set extra_float_digits = 1;
set client_min_messages = warning; set application_name = 'psizero'

-- few rows are looked up by their keys, whatever the planner has not counted yet
set enable_hashjoin = off; set enable_mergejoin = off;
set datestyle = 'ISO'; set timezone = 'UTC'; set extra_float_digits = 1;
set client_min_messages = warning; set application_name = 'psizero'

-- From here on a map's SQL sees this one file: no other file, no network, no extension.
set timezone = 'UTC';
set allowed_paths = [{path}];
set enable_external_access = false;
set lock_configuration = true

-- From here on a map's SQL sees this one file: no other file, no network, no extension.
-- Sides of a join stay as they are written: with its first side the file's order is kept.
set timezone = 'UTC';
set allowed_paths = [{path}];
set enable_external_access = false;
set disabled_optimizers = 'build_side_probe_side';
set lock_configuration = true

select coalesce(max(raw_since), 0) from lens

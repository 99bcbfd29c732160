case when isfinite(try_cast({value} as double)) then try_cast({value} as double) end

case when try_cast({value} as bigint) = try_cast({value} as decimal(38, 9))
then try_cast({value} as bigint) end

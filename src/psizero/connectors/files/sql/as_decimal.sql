case when try_cast({value} as {type}) <> 0 or try_cast({value} as double) = 0
then try_cast({value} as {type}) end

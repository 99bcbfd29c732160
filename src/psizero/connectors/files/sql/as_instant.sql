case when try_cast({value} as timestamptz)
    between timestamptz '0001-01-01 00:00:00+00' and timestamptz '9999-12-31 23:59:59.999999+00'
then try_cast({value} as timestamptz)::timestamp end

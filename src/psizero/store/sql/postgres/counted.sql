analyze staged; set local enable_hashjoin = on

copy ({query}) to '{path}' (format parquet, compression zstd)

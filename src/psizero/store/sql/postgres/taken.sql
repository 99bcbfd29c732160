copy ({query}) to stdout (format csv)

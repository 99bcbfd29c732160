attach '{path}' as scratch

delete from lens

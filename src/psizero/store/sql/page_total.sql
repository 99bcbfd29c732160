select count(*) from ({query})

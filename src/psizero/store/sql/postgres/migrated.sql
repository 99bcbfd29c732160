insert into house.migration values (%(number)s)

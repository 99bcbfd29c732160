insert into lens values ($position)

insert into migration values ($number)

insert into rejected from broken order by line

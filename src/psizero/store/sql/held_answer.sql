(cause is not null and cause in (select id from decision))

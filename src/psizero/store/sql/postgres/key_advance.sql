update house.key_record set until = %(until)s
where place = %(place)s and erased = ''
  and (until = '' or until::timestamptz < %(until)s::timestamptz)

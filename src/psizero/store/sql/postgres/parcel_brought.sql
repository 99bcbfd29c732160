update work.parcel set body = %(body)s where job = %(job)s

unhex(sha256(to_json(['{kind}', source, id, subject, cause, {values}])::varchar))

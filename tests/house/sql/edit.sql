update {table} set {change} where {where}

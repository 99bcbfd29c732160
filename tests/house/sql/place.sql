select {which} from {table}

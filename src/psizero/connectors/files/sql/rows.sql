select {columns}
from selected_{number}

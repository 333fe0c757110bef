"""python -m helpers.project"""

import sys

from helpers.project.terminal import main

sys.exit(main())

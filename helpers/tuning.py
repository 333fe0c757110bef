"""What makes training faster and changes no result. Delete this file, and everything works as before, only slower.

Measured on two cores with torch 2.13.0; `helpers.model` and `helpers.training` import this file
where it is there.
"""

import contextlib
import ctypes
import os
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.utils import parameters_to_vector

# A step of so small a model takes milliseconds: sharing it between threads gains little on an idle machine, and on a busy
# one each thread waits for the slowest (0.2 s become 5 s beside one busy process). OMP_NUM_THREADS overrules.
if "OMP_NUM_THREADS" not in os.environ:
    torch.set_num_threads(1)

# By default glibc hands blocks of some megabytes back to the system after every pass and fetches them again page by page.
# Kept, a training with window 20 and hidden size 32 takes 0.42 s instead of 0.70 s; with the settings of step 05, the same.
M_MMAP_THRESHOLD, M_TRIM_THRESHOLD, M_ARENA_MAX = -3, -1, -8  # of malloc.h
with contextlib.suppress(OSError, AttributeError, TypeError):  # not Linux, or a Linux without glibc
    libc = ctypes.CDLL("libc.so.6")
    libc.mallopt(M_MMAP_THRESHOLD, 2**30)
    libc.mallopt(M_TRIM_THRESHOLD, 2**28)
    libc.mallopt(M_ARENA_MAX, 1)  # widget callbacks run in threads, whose own arenas are too small for such blocks

# torch's first optimiser imports torch's compiler, only to switch it off for itself: 1.3 s, once a kernel. It looks for
# this attribute first. Nothing here is ever compiled.
with contextlib.suppress(AttributeError):  # another torch, built otherwise
    for method in (torch.optim.Optimizer.add_param_group, torch.optim.Optimizer.zero_grad):
        vars(method.__wrapped__)["__dynamo_disable"] = method.__wrapped__


class LBFGS(torch.optim.LBFGS):
    """torch's, which opens every step by evaluating the loss where the step before has just done so.

    That evaluation, one in six, is remembered as long as the closure is the same one: 1.4 s instead of 1.6 s with hidden
    size 100, and the same result to the last bit.
    """

    _known: tuple[Callable, Tensor, list[Tensor], Tensor] | None = None  # closure, parameters, their gradients, loss

    def step(self, closure: Callable[[], Tensor]) -> Tensor:
        """As torch's."""
        parameters = self.param_groups[0]["params"]

        def evaluate() -> Tensor:
            here = parameters_to_vector(parameters).detach()
            if self._known and self._known[0] is closure and self._known[1].equal(here):
                for parameter, gradient in zip(parameters, self._known[2], strict=True):
                    parameter.grad = gradient
                return self._known[3]
            loss = closure()
            self._known = closure, here, [parameter.grad for parameter in parameters], loss.detach()
            return loss

        return super().step(evaluate)

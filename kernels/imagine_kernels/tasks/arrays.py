"""What a part that was no network is made of: arrays as long as they have grown, in the file of the networks."""

from typing import Any

import torch
from torch import nn


class Arrays(nn.Module):
    """A module whose buffers take the length of those in the file: a forest is as large as it has grown."""

    def _load_from_state_dict(self, state: dict[str, torch.Tensor], prefix: str, *rest: Any) -> None:  # noqa: ANN401
        for name, kept in list(self._buffers.items()):
            found = state.get(f"{prefix}{name}")
            if found is not None and kept is not None and found.ndim == kept.ndim:
                self.register_buffer(name, found.to(kept.dtype).clone())
        super()._load_from_state_dict(state, prefix, *rest)

"""`full`: the softmax over all pieces, as the model was trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from trainer.search.heads.base import HeadConfig, Resources

if TYPE_CHECKING:
    from trainer.search.candidates import Candidates
    from trainer.search.decoder import BodyWithHead
    from trainer.search.interface import Model


class FullConfig(HeadConfig):
    """Every piece may come next, as likely as the model says."""

    name: Literal["full"] = "full"


class Full:
    """All V pieces."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def candidates(self, outputs: Any) -> Candidates:
        """See `Head.candidates`."""
        from trainer.search.candidates import Candidates, log_normalizer

        logits = self._model.logits(outputs)
        return Candidates(logits, log_normalizer(logits))


def build(config: FullConfig, resources: Resources) -> BodyWithHead:
    """The body with all its pieces."""
    from trainer.search.decoder import BodyWithHead

    del config
    return BodyWithHead(resources.model, Full(resources.model))

"""Models of the transformers library that find segments with queries: EoMT, Mask2Former, OneFormer, MaskFormer.

Nothing is imported from the library, which takes seconds, until a model is loaded.
"""

from worker.models.transformers.loading import load

__all__ = ["load"]

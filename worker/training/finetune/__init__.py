"""Fine-tuning of transformers models on data sets in COCO panoptic format."""

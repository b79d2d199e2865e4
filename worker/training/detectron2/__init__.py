"""Training of detectron2's models with its own trainer, on data sets in COCO panoptic format."""

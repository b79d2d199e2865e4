"""Words for categories: which mean the same, and where the names of label sets besides COCO's belong.

All names are folded as layer names are (`bridge.naming.slug`).
"""

from __future__ import annotations

from collections.abc import Mapping

SAME: tuple[tuple[str, ...], ...] = (
    ("person", "human", "man", "woman", "child", "boy", "girl", "pedestrian", "actor", "actress", "performer"),
    ("rider", "cyclist", "bicyclist"),
    ("car", "automobile", "auto"),
    ("airplane", "plane", "aeroplane", "aircraft", "jet"),
    ("motorcycle", "motorbike", "minibike", "moped"),
    ("bicycle", "bike", "cycle"),
    ("boat", "ship", "vessel"),
    ("truck", "lorry"),
    ("bus", "coach"),
    ("cow", "cattle"),
    ("cell_phone", "mobile_phone", "mobile", "phone", "smartphone", "telephone"),
    ("couch", "sofa", "settee"),
    ("tv", "television", "tv_set"),
    ("laptop", "notebook"),
    ("refrigerator", "fridge", "icebox"),
    ("microwave", "microwave_oven"),
    ("toilet", "commode"),
    ("dining_table", "table", "desk"),
    ("trash_can", "garbage_can", "dustbin", "bin"),
    ("suitcase", "luggage", "traveling_case"),
    ("handbag", "bag", "purse"),
    ("umbrella", "parasol"),
    ("sports_ball", "ball"),
    ("donut", "doughnut"),
    ("hair_drier", "hair_dryer"),
    ("potted_plant", "houseplant", "plant"),
    ("tree", "vegetation", "palm"),
    ("grass", "lawn", "terrain"),
    ("mountain", "mount", "hill"),
    ("sea", "ocean"),
    ("rock", "stone"),
    ("dirt", "earth", "soil"),
    ("road", "roadway"),
    ("pavement", "sidewalk", "footpath"),
    ("railroad", "rail_track", "rail", "railway"),
    ("building", "skyscraper"),
    ("fence", "railing"),
    ("stairs", "stair", "stairway", "staircase"),
    ("rug", "carpet"),
    ("curtain", "drape"),
    ("light", "lamp"),
    ("traffic_sign", "road_sign"),
    ("traffic_light", "stoplight"),
    ("street_light", "street_lamp"),
    ("clothes", "clothing", "wardrobe"),
)
"""Words that mean the same to whoever asks for a category, the commonest first."""

WIDE: Mapping[str, tuple[str, ...]] = {
    "nature": ("plants", "sky", "water", "land"),
}
"""Groups of groups. ``land`` is `LAND`."""

LAND = frozenset(
    {
        "grass", "dirt", "gravel", "sand", "snow", "mountain", "rock", "terrain", "earth", "field", "hill", "land",
        "ground", "dirt_track", "ice", "snowfield", "stone",
    }
)  # fmt: skip
"""What of the ground was not built."""

ONE: Mapping[str, str] = {
    "animal": "animals", "vehicle": "vehicles", "building": "buildings", "accessory": "accessories",
    "appliance": "appliances", "textile": "textiles", "sport": "sports", "foods": "food", "waters": "water",
    "persons": "people", "humans": "people", "transport": "vehicles", "electronics": "appliances",
}  # fmt: skip
"""Other words for groups."""

ALSO: Mapping[str, tuple[str, ...]] = {
    "people": ("rider", "bicyclist", "motorcyclist", "other_rider"),
    "animals": ("animal", "ground_animal", "cattle", "other_animal"),
    "vehicles": (
        "van", "ship", "caravan", "other_vehicle", "trailer", "wheeled_slow", "on_rails", "wheeled_machine",
        "ship_or_boat", "raft", "minibike", "tyre",
    ),
    "plants": ("plant", "palm", "vegetation", "other_plant"),
    "water": ("lake", "falls", "waterfall", "pool", "fountain"),
    "ground": (
        "sidewalk", "earth", "field", "path", "runway", "hill", "dirt_track", "land", "terrain", "curb",
        "bike_lane", "curb_cut", "parking", "pedestrian_area", "rail_track", "service_lane",
        "crosswalk_plain", "lane_marking_crosswalk", "lane_marking_general", "pothole", "rail", "ground",
        "athletic_field", "crosswalk", "stone", "ice", "snowfield", "pier",
    ),
    "buildings": (
        "stairway", "step", "skyscraper", "grandstand", "tower", "hovel", "column", "pillar", "bannister",
        "screen_door", "canopy", "awning", "booth", "stage", "fireplace", "escalator", "barrier",
        "guard_rail", "tunnel", "stair", "handrail_or_fence", "windmill", "well_or_well_lid",
        "other_construction", "wood", "ladder", "pipeline", "cage", "tank", "shower",
    ),
    "furniture": (
        "sofa", "armchair", "seat", "desk", "wardrobe", "lamp", "tub", "chest_of_drawers", "case",
        "pool_table", "bookcase", "coffee_table", "countertop", "kitchen_island", "swivel_chair", "bar",
        "chandelier", "ottoman", "buffet", "stool", "cradle", "sconce", "base", "bathtub", "commode",
        "table_or_desk", "chair_or_seat", "cupboard_or_showcase_or_storage_rack",
    ),
    "street": (
        "pole", "traffic_sign", "street_lamp", "signboard", "bike_rack", "billboard", "catch_basin",
        "cctv_camera", "junction_box", "mailbox", "manhole", "phone_booth", "street_light",
        "traffic_sign_frame", "utility_pole", "traffic_sign_back", "traffic_sign_front", "trash_can",
        "roadblock", "billboard_or_bulletin_board", "flag", "trade_name",
    ),
    "accessories": ("bag", "bag_or_package", "traveling_case_or_trolley_case", "parasol_or_umbrella", "gun"),
    "sports": (
        "ball", "ball_net", "goal", "backboard", "bat", "playground_slide", "plaything", "toy",
        "arcade_machine", "instrument",
    ),
    "appliances": (
        "stove", "computer", "washer", "dishwasher", "screen", "hood", "fan", "monitor", "crt_screen",
        "radiator", "television", "conveyer_belt", "roaster", "other_machine", "washing_machine",
        "microwave_oven", "screen_or_television", "printer", "mobile_phone", "other_electronic_product",
    ),
    "household": (
        "painting", "box", "barrel", "basket", "pot", "sculpture", "tray", "plate", "bulletin_board", "glass",
        "poster", "tub_or_bowl_or_pot", "bottle_or_cup", "flower_pot_or_vase", "painting_or_poster", "tool",
        "blackboard", "tissue", "fishbowl",
    ),
    "food": (),
    "textiles": ("cushion", "blind", "clothes", "textiles", "cushion_or_carpet"),
}  # fmt: skip
"""Groups of the names that ADE20K, Cityscapes, Mapillary Vistas and VIPSeg have besides COCO's, by short names."""

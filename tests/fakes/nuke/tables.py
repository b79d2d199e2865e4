"""The knobs of each class of node: type, default and choices, as far as an adapter has use for them."""

from __future__ import annotations

from typing import NamedTuple


class Made(NamedTuple):
    """How a knob is when its node is new."""

    kind: str
    default: object
    values: tuple[str, ...] = ()


def _enum(default: str, *values: str) -> Made:
    return Made("Enumeration_Knob", default, values)


_BOOL_OFF, _BOOL_ON = Made("Boolean_Knob", False), Made("Boolean_Knob", True)
_INT, _ARRAY = Made("Int_Knob", 1), Made("Array_Knob", 1.0)
_FILE, _STRING = Made("File_Knob", ""), Made("String_Knob", "")
_FRAME_MODE = _enum("expression", "expression", "start at", "offset")
_HOLD = _enum("hold", "hold", "loop", "bounce", "black")

_ANY = {
    "name": _STRING,
    "label": Made("Multiline_Eval_String_Knob", ""),
    "xpos": Made("Int_Knob", 0),
    "ypos": Made("Int_Knob", 0),
    "selected": _BOOL_OFF,
    "knobChanged": Made("PythonKnob", ""),
}
"""What every node has; the recording leaves these out."""

_MASKED = {
    "maskChannelInput": Made("Channel_Knob", "none"),
    "maskChannelMask": Made("Channel_Knob", "alpha"),
    "invert_mask": _BOOL_OFF,
    "mix": _ARRAY,
}

LUTS = (
    "default", "linear", "sRGB", "rec709", "Cineon", "Gamma1.8", "Gamma2.2", "Gamma2.4", "Gamma2.6", "Panalog",
    "REDLog", "ViperLog", "AlexaV3LogC", "PLogLin", "SLog", "SLog1", "SLog2", "SLog3", "CLog",
)  # fmt: skip
"""Curves of Nuke's own colour management, as far as they were recorded in full."""

CLASSES: dict[str, dict[str, Made]] = {
    "Read": {
        "file": _FILE,
        "first": _INT,
        "last": _INT,
        "origfirst": _INT,
        "origlast": _INT,
        "before": _HOLD,
        "after": _HOLD,
        "frame_mode": _FRAME_MODE,
        "frame": _STRING,
        "on_error": _enum("error", "error", "black", "checkerboard", "nearest frame"),
        "colorspace": _enum("default", *LUTS),
        "raw": _BOOL_OFF,
        "premultiplied": _BOOL_OFF,
        "auto_alpha": _BOOL_OFF,
        "proxy": _FILE,
        "localizationPolicy": _enum(
            "fromAutoLocalizePath\tfrom auto-localize path",
            "on", "fromAutoLocalizePath\tfrom auto-localize path", "onDemand\ton demand", "off",
        ),
        "reload": Made("Script_Knob", "knob version [expr [value version]+1]"),
    },
    "Write": {
        "file": _FILE,
        "file_type": _enum(
            " ", " ", "cin", "dpx", "exr", "gif", "hdr", "jpeg", "mov\t\t\tffmpeg", "mxf", "null", "pic", "png",
            "sgi", "targa", "tiff", "xpm", "yuv",
        ),
        "channels": Made("ChannelMask_Knob", "rgb"),
        "colorspace": _enum("default", *LUTS),
        "raw": _BOOL_OFF,
        "create_directories": _BOOL_OFF,
        "first": _ARRAY,
        "last": _ARRAY,
        "use_limit": _BOOL_OFF,
        "views": Made("MultiView_Knob", "main"),
        "on_error": _enum("error", "error", "black", "checkerboard", "read input"),
    },
    "Copy": {
        **{f"from{n}": Made("Channel_Knob", "none" if n else "alpha") for n in range(4)},
        **{f"to{n}": Made("Channel_Knob", "none" if n else "alpha") for n in range(4)},
        "channels": Made("ChannelMask_Knob", "none"),
        "bbox": _enum("union", "union", "B\tB side", "A\tA side"),
        **_MASKED,
    },
    "Grade": {"channels": Made("ChannelMask_Knob", "rgb"), "white": Made("AColor_Knob", 1.0), **_MASKED},
    "Cryptomatte": {
        "matteList": Made("Multiline_Eval_String_Knob", ""),
        "cryptoLayerChoice": Made("Enumeration_Knob", 0.0, ("{0}",)),
        "matteOutput": Made("Channel_Knob", "alpha"),
        "manifestSourceExtended": _enum(
            "Metadata Auto", "Metadata Embedded", "Metadata Sidecar", "Metadata Auto", "Custom Sidecar"
        ),
        "removeChannels": _BOOL_OFF,
        "previewEnabled": _BOOL_ON,
    },
    "Group": {"lock_connections": _BOOL_OFF},
    "Blur": {},
    "Dot": {},
    "Input": {},
    "NoOp": {},
    "Output": {},
    "Viewer": {},
    "Constant": {"first": _ARRAY, "last": _ARRAY},
}  # fmt: skip

_NOT_DISABLED = ("Dot", "Input", "Output", "Viewer")
"""Classes without a `disable` knob."""

EXR_WRITE = {
    "datatype": _enum("16 bit half", "16 bit half", "32 bit float"),
    "compression": _enum("Zip (1 scanline)", "none", "Zip (1 scanline)", "Zip (16 scanlines)"),
    "autocrop": _BOOL_OFF,
}  # fmt: skip
"""Knobs that a Write has only once its file type is EXR."""

ROOT = {
    "name": Made("File_Knob", ""),
    "first_frame": _ARRAY,
    "last_frame": Made("Array_Knob", 100.0),
    "lock_range": _BOOL_OFF,
    "proxy": _BOOL_OFF,
    "fps": Made("Array_Knob", 24.0),
    "project_directory": _FILE,
    "colorManagement": _enum("Nuke", "Nuke", "OCIO"),
    "OCIO_config": _enum("nuke-default", "nuke-default", "fn-nuke_cg-config-v1.0.0_aces-v1.3_ocio-v2.1", "custom"),
    "customOCIOConfigPath": _FILE,
    "workingSpaceLUT": _enum("linear", "linear", "scene_linear", "ACES - ACEScg"),
    "int8Lut": _enum("sRGB", *LUTS[1:]),
    "int16Lut": _enum("sRGB", *LUTS[1:]),
    "logLut": _enum("Cineon", *LUTS[1:]),
    "floatLut": _enum("linear", *LUTS[1:]),
}


def knobs_of(cls: str) -> dict[str, Made]:
    """The knobs of a new node; KeyError for a class there is not."""
    own = CLASSES[cls]
    return {**_ANY, **({} if cls in _NOT_DISABLED else {"disable": _BOOL_OFF}), **own}

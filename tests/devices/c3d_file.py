"""Small C3D files with known forces at known places."""

import numpy as np
import pytest

ezc3d = pytest.importorskip("ezc3d", reason="ezc3d is not installed: pip install 'rehabsim[c3d]'")

LEFT_MM = [[0, 0, 600, 600], [0, 400, 400, 0], [0, 0, 0, 0]]
RIGHT_MM = [[0, 0, 600, 600], [-400, 0, 0, -400], [0, 0, 0, 0]]
FAR_MM = [[5000, 5000, 5600, 5600], [0, 400, 400, 0], [0, 0, 0, 0]]
PLATE_FROM_FILE = np.array([[0, -1, 0], [-1, 0, 0], [0, 0, -1]])
"""For corners in this order: x from the second to the first, y from the fourth, z down."""

SURFACE_MM = np.array([0, 0, -20])
"""From the sensors to the middle of the surface, in the plate's axes."""

ON_LEFT = (LEFT_MM, (30, -40, 500), (240, 120, 0))
ON_RIGHT = (RIGHT_MM, (0, 0, 250), (450, -300, 0))
ON_FAR = (FAR_MM, (0, 0, 90), (5300, 200, 0))


def write_c3d(path, *loads, unit="mm", frame_count=5):
    """Write platforms of TYPE 2 at 1 kHz; each load is corners, force on the person, and place."""
    scale = {"m": 1e-3}.get(unit, 1.0)
    channels = []
    for corners_mm, force_n, place_mm in loads:
        force = PLATE_FROM_FILE @ force_n
        arm_mm = PLATE_FROM_FILE @ (place_mm - np.mean(corners_mm, axis=1)) + SURFACE_MM
        channels += [*force, *(scale * np.cross(arm_mm, force))]
    content = ezc3d.c3d()
    parameters, count = content["parameters"], len(loads)
    parameters["POINT"]["RATE"]["value"] = [100.0]
    parameters["POINT"]["UNITS"]["value"] = [unit]
    parameters["ANALOG"]["RATE"]["value"] = [1000.0]
    parameters["ANALOG"]["LABELS"]["value"] = [f"C{k}" for k in range(len(channels) or 1)]
    if loads:
        plates = parameters["FORCE_PLATFORM"]
        plates["USED"]["value"] = np.array([count])
        plates["TYPE"]["value"] = np.full(count, 2)
        plates["CORNERS"]["value"] = scale * np.stack([load[0] for load in loads], axis=-1)
        plates["ORIGIN"]["value"] = scale * np.tile(SURFACE_MM, (count, 1)).T
        plates["CHANNEL"]["value"] = np.arange(1, 6 * count + 1).reshape(count, 6).T
    content["data"]["points"] = np.zeros((4, 0, frame_count))
    analogs = np.tile(np.array(channels or [0.0]), (10 * frame_count, 1)).T
    content["data"]["analogs"] = analogs[None]
    content.write(str(path))
    return path

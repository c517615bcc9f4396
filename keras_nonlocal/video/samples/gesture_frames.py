"""Draws gestures: a hand that moves, opens or turns in front of a moving textured ground."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SIZE = (120, 160)
_HAND = (20, 60)  # pixels from the wrist to the tip of the longest finger
_FINGERS = np.radians([-52, -24, 0, 22, 44])
_LENGTHS = np.array([0.72, 0.94, 1.0, 0.95, 0.8])  # of the fingers, relative to the longest
_OCTAVES = (4, 9, 20)  # cells of the texture along the frame


@dataclass(frozen=True)
class Pose:
    """Where the hand is in each frame.

    Attributes:
        centers: Rows and columns of the palm in pixels, `(T, 2)`.
        openness: 0 for a fist, 1 for stretched fingers, `(T,)`.
    """

    centers: np.ndarray
    openness: np.ndarray


@dataclass(frozen=True)
class Scene:
    """What stays the same in all frames of a gesture.

    Attributes:
        hand: Length of the hand in pixels.
        turn: Direction of the middle finger, in radians from the upward direction.
        color, ground: RGB of the hand, and mean RGB of the ground.
        texture: Changes of the ground's brightness, relative to its mean: an image that is larger
            than a frame.
        drift: Pixels that the ground moves in a second, down and right.
        noise: Standard deviation of the noise of the sensor, in gray levels.
    """

    hand: float
    turn: float
    color: np.ndarray
    ground: np.ndarray
    texture: np.ndarray
    drift: np.ndarray
    noise: float

    @classmethod
    def draw(cls, seconds: float, contrast: tuple[float, float], rng: np.random.Generator) -> Scene:
        """Draws a scene whose ground is large enough for a video of this many seconds."""
        drift = rng.uniform(-12, 12, 2)
        level, ratio = rng.uniform(60, 95), np.exp(rng.uniform(*np.log(contrast)))
        hand = level * ratio if rng.integers(2) else level / ratio
        room = np.ceil(np.abs(drift) * seconds).astype(int) + 2
        return cls(
            hand=rng.uniform(*_HAND),
            turn=rng.uniform(-0.6, 0.6),
            color=hand * (1 + rng.normal(0, 0.03, 3)),
            ground=level * (1 + rng.normal(0, 0.06, 3)),
            texture=_texture(np.add(SIZE, room), rng),
            drift=drift,
            noise=rng.uniform(1, 6),
        )


def draw_gesture(scene: Scene, pose: Pose, fps: float, rng: np.random.Generator) -> np.ndarray:
    """Draws all frames of a gesture.

    Args:
        scene: The hand and the ground.
        pose: Where the hand is in each frame.
        fps: Frames per second, for the speed of the ground.
        rng: The random number generator of the noise.

    Returns:
        uint8 `(T, 120, 160, 3)`, RGB.
    """
    frames = []
    for time, (center, openness) in enumerate(zip(pose.centers, pose.openness, strict=True)):
        cover = _hand(center, scene.turn, scene.hand, openness)[..., None]
        ground = _ground(scene, time / fps)[..., None] * scene.ground
        frames.append(ground + cover * (scene.color - ground))
    video = np.stack(frames) + rng.normal(0, scene.noise, (len(frames), *SIZE, 3))
    return np.clip(np.rint(video), 0, 255).astype("uint8")


def _texture(size, rng) -> np.ndarray:
    """Patches of three sizes; their standard deviation is about an eighth of the mean."""
    total = np.zeros(size)
    for cells in _OCTAVES:
        step = -(-max(size) // cells)
        patches = rng.normal(0, 0.07, (cells + 1, cells + 1))
        total += np.kron(patches, np.ones((step, step)))[: size[0], : size[1]]
    return 1 + np.clip(total, -0.3, 0.3)


def _ground(scene: Scene, seconds: float) -> np.ndarray:
    """The part of the texture that is in view after this many seconds."""
    room = np.subtract(scene.texture.shape, SIZE)
    path = scene.drift * seconds
    top, left = np.clip(np.where(scene.drift < 0, room - 1 + path, path), 0, room).astype(int)
    return scene.texture[top : top + SIZE[0], left : left + SIZE[1]]


def _hand(center, turn, length, openness) -> np.ndarray:
    """The part of each pixel that the hand covers: a palm and five fingers with soft edges."""
    rows, columns = np.ogrid[: SIZE[0], : SIZE[1]]
    down, right = rows - center[0], columns - center[1]
    palm = 0.27 * length
    cover = np.clip(palm - np.hypot(down, right) + 0.5, 0, 1)
    reach = length - palm
    for angle, relative in zip(_FINGERS, _LENGTHS, strict=True):
        direction = turn + angle * (0.4 + 0.6 * openness)
        tip = (0.35 + 0.65 * openness) * relative * reach
        up, side = -np.cos(direction), np.sin(direction)
        share = np.clip(down * up + right * side, 0, tip)
        distance = np.hypot(down - share * up, right - share * side)
        cover = np.maximum(cover, np.clip(0.085 * length - distance + 0.5, 0, 1))
    return cover

"""Is a changed configuration in force with the same message, and does it disturb nobody whom it does not concern?"""

from routing.messages import AgentProfile, ConfigChanged
from tests.routing.scene import COMPANY, Scene


def test_of_two_profiles_of_one_agent_the_last_counts(scene: Scene) -> None:
    scene.queue("chinese", requirement="zh")
    scene.queue("english", requirement="en")
    scene.agent("ann", "fr 1")
    granted = frozenset({COMPANY})

    scene.tell(
        ConfigChanged(99, agents=(AgentProfile("ann", {"zh": 1}, granted), AgentProfile("ann", {"en": 1}, granted)))
    )

    scene.arrive("x", "chinese")
    scene.arrive("y", "english")
    assert scene.live() == [("y", "ann")]

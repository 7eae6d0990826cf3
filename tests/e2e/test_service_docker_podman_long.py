"""Services in containers of Podman's service: the tests of test_service_docker.py and test_actions_service_docker.py."""

from docker_services import neighbour, stack, started  # noqa: F401 (fixtures)
from podman_engine import engine, shared_engine  # noqa: F401 (fixtures)
from test_actions_service_docker import (  # noqa: F401
    test_a_restart_is_a_new_run_of_the_same_container, test_a_service_that_is_down_is_started_with_two_keys,
    test_a_stop_warns_of_what_starts_it_and_is_undone, test_all_are_restarted_in_their_order, test_started_by_others_since_the_plan,
    test_what_is_refused)
from test_service_docker import (test_a_container_that_is_not_there, test_a_service_of_two_projects_is_not_guessed,  # noqa: F401
                                 test_the_state_beside_health, test_the_worst_of_several_and_how_many_are_ready,
                                 test_variables_are_set_empty_or_missing_and_never_shown)

BESIDE = "others"

"""Services in containers of Podman's service: the tests of test_service_docker*.py and test_actions_service_docker*.py
without those of a service that is found by its label: Podman's list does not say who uses the host's network."""

from docker_services import neighbour, stack, started  # noqa: F401 (fixtures)
from podman_engine import engine, shared_engine  # noqa: F401 (fixtures)
from test_actions_service_docker import (  # noqa: F401
    test_a_restart_is_a_new_run_of_the_same_container, test_a_service_that_is_down_is_started_with_two_keys,
    test_a_stop_warns_of_what_starts_it_and_is_undone, test_all_are_restarted_in_their_order, test_started_by_others_since_the_plan,
    test_what_is_refused)
from test_actions_service_docker_long import (  # noqa: F401
    test_another_container_of_the_name,
    test_another_runtime_since_the_plan,
    test_another_engine_since_the_plan,
    test_a_running_container_alone_is_no_proof,
    test_one_that_ends_again_is_partly_done,
    test_a_container_of_two_services_is_restarted_once,
    test_the_first_that_fails_ends_it,
    test_esc_stops_before_the_next_one,
    test_containers_and_programs_in_one_order)
from test_service_docker import (test_a_container_that_is_not_there, test_a_service_of_two_projects_is_not_guessed,  # noqa: F401
                                 test_the_state_beside_health, test_the_worst_of_several_and_how_many_are_ready,
                                 test_variables_are_set_empty_or_missing_and_never_shown)
from test_service_docker_long import (test_a_named_engine, test_a_service_that_hangs_does_not_hide_its_containers,  # noqa: F401
                                      test_an_engine_that_hangs_does_not_make_health_unknown)

BESIDE = "others"

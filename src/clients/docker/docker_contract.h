/* What the Docker collector and the Docker actions share. */
#pragma once

/* One row a container; the row's key is the container's id. */
#define DOCKER_CONTAINERS_TABLE "containers"
#define DOCKER_CONTAINER_NAME "name"
#define DOCKER_CONTAINER_STATE "state"
#define DOCKER_CONTAINER_ENGINE_STATE "engine_state"
#define DOCKER_CONTAINER_PROJECT "project"
#define DOCKER_CONTAINER_SERVICE "service"
#define DOCKER_CONTAINER_POLICY "policy"

/* One row: the engine. */
#define DOCKER_SUMMARY_TABLE "summary"

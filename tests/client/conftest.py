"""The running service of the API's tests, here for its client."""

from tests.api.conftest import service as service

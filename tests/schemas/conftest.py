"""The running service of the API's tests, here for what it takes."""

from tests.api.conftest import service as service

"""The running services of the API's tests, here for what they take."""

from tests.api.conftest import reading as reading
from tests.api.conftest import service as service
from tests.api.conftest import web as web

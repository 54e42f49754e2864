"""Translates actions and parameters of the vendor's OpenAPI into ecsnet's commands.

`request` builds a command from the name of an action and its parameters, which are nested as in a JSON document or flat
as in a client's query string. `ACTIONS` is the table that it uses, with one row for each action.
"""

from ecsnet.openapi.actions import ACTIONS, Action
from ecsnet.openapi.requests import InvalidRequest, Request, request
from ecsnet.openapi.responses import Response, attribute_of, response_of, result_count

__all__ = [
    "ACTIONS",
    "Action",
    "InvalidRequest",
    "Request",
    "Response",
    "attribute_of",
    "request",
    "response_of",
    "result_count",
]

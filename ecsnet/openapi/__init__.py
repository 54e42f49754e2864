"""The vendor's OpenAPI: actions and parameters into ecsnet's commands, and whole requests into answers.

`request` builds a command from the name of an action and its parameters, which are nested as in a JSON document or flat
as in a client's query string. `ACTIONS` is the table that it uses, with one row for each action. `respond` answers a
request of the wire, bytes to bytes; a `Service` answers many and keeps its `Call`s.
"""

from ecsnet.openapi.actions import ACTIONS, Action
from ecsnet.openapi.requests import InvalidRequest, Request, request
from ecsnet.openapi.responses import Response, attribute_of, response_of, result_count
from ecsnet.openapi.service import Call, Service, respond

__all__ = [
    "ACTIONS",
    "Action",
    "Call",
    "InvalidRequest",
    "Request",
    "Response",
    "Service",
    "attribute_of",
    "request",
    "respond",
    "response_of",
    "result_count",
]

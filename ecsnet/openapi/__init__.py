"""The vendor's words for ecsnet's commands: actions and parameters as the OpenAPI spells them.

`request` makes a command of an action's name and its parameters, whether they come from a JSON document or, flat, from
a client's query string. `ACTIONS` is the table behind it, one row an action.
"""

from ecsnet.openapi.actions import ACTIONS, Action
from ecsnet.openapi.requests import InvalidRequest, Request, request
from ecsnet.openapi.responses import Answer, attribute_of, response_of

__all__ = ["ACTIONS", "Action", "Answer", "InvalidRequest", "Request", "attribute_of", "request", "response_of"]

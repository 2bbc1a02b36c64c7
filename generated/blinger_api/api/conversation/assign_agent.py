from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import blinger_api

from ... import models
from ...types import Response

if TYPE_CHECKING:
    import httpx


def _get_kwargs(
    id: str,
    *,
    body: models.AssignAgentRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/conversation/{id}/assign-agent".format(
            id=quote(str(id), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: blinger_api.AuthenticatedClient | blinger_api.Client, response: httpx.Response
) -> Any | models.ConversationEnvelope | None:
    if response.status_code == 200:
        response_200 = models.ConversationEnvelope.from_dict(response.json())

        return response_200

    if 400 <= response.status_code <= 499:
        response_4xx = cast(Any, None)
        return response_4xx

    if 500 <= response.status_code <= 599:
        response_5xx = cast(Any, None)
        return response_5xx

    if client.raise_on_unexpected_status:
        from ... import errors  # noqa: PLC0415

        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: blinger_api.AuthenticatedClient | blinger_api.Client, response: httpx.Response
) -> Response[Any | models.ConversationEnvelope]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    id: str,
    *,
    client: blinger_api.AuthenticatedClient,
    body: models.AssignAgentRequest,
) -> Response[Any | models.ConversationEnvelope]:
    """Assign an agent

     Make an agent the one who answers in this conversation. Assigning the same agent again changes
    nothing.

    Args:
        id (str): ID of the conversation.
        body (AssignAgentRequest): Which agent to assign.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | ConversationEnvelope]
    """

    kwargs = _get_kwargs(
        id=id,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    id: str,
    *,
    client: blinger_api.AuthenticatedClient,
    body: models.AssignAgentRequest,
) -> Any | models.ConversationEnvelope | None:
    """Assign an agent

     Make an agent the one who answers in this conversation. Assigning the same agent again changes
    nothing.

    Args:
        id (str): ID of the conversation.
        body (AssignAgentRequest): Which agent to assign.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | ConversationEnvelope
    """

    return sync_detailed(
        id=id,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    id: str,
    *,
    client: blinger_api.AuthenticatedClient,
    body: models.AssignAgentRequest,
) -> Response[Any | models.ConversationEnvelope]:
    """Assign an agent

     Make an agent the one who answers in this conversation. Assigning the same agent again changes
    nothing.

    Args:
        id (str): ID of the conversation.
        body (AssignAgentRequest): Which agent to assign.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | ConversationEnvelope]
    """

    kwargs = _get_kwargs(
        id=id,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    id: str,
    *,
    client: blinger_api.AuthenticatedClient,
    body: models.AssignAgentRequest,
) -> Any | models.ConversationEnvelope | None:
    """Assign an agent

     Make an agent the one who answers in this conversation. Assigning the same agent again changes
    nothing.

    Args:
        id (str): ID of the conversation.
        body (AssignAgentRequest): Which agent to assign.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | ConversationEnvelope
    """

    return (
        await asyncio_detailed(
            id=id,
            client=client,
            body=body,
        )
    ).parsed

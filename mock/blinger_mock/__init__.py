"""The Blinger API as a stateful server on one machine, held to `openapi.yaml` in both directions.

Three steps, each with a module of its own: `check` turns a request into a command or a refusal,
`rules` applies the command to the state, `render` turns the result into an answer. `engine` joins
them, `app` and `server` put them behind a socket, `testing` and `pytest_plugin` into a test.
"""

__all__: list[str] = []

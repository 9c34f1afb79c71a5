"""Newsbrief for agents: the API's calls as tools of the Model Context Protocol.

Every tool calls the REST API through the project's own client, so that nothing an agent can do
goes around keys, limits, admission or verification. Only `endpoint` and `app_transport` know the
API's process; the command `newsbrief mcp` serves the same tools on stdin and stdout.
"""

"""The seeded faults: what each breaks, and the line or so of `healthy.py` that it changes.

Written from the API page, the samples and the named assumptions, and from what breaks in APIs.
"""

# ruff: noqa: E501, Q003 - a table: one row, one line
# fmt: off

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Standing = Literal["documented", "assumed"]
DOCUMENTED: Standing = "documented"
ASSUMED: Standing = "assumed"


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to break the server."""

    name: str
    category: str
    standing: Standing
    """What it breaks: what is documented or seen (a 5xx too), or a named assumption only."""
    law: str
    """What is wrong then."""
    changes: tuple[tuple[str, str], ...]
    """What is replaced in the source, and by what."""


_AUTH = 'headers.get("Authorization") != TOKEN'
_CONTENT = "content = json.dumps(document, ensure_ascii=False).encode()"
_TYPE = '"Content-Type", "application/json"'
_LENGTH = "str(len(content))"
_OK = 'return 200, {"status": 200, "data": data}, {}'
_REFUSAL = '{"status": refused.status, "error": refused.error}'
_UNKNOWN = 'raise Refused(404, "no such conversation")'
_NO_AGENT = 'raise Refused(404, "no such agent")'
_METHOD = 'raise Refused(405, "method not allowed", Allow="POST")'
_SCHEMA = "raise Refused(400, errors)"
_JSON = 'raise Refused(400, "malformed JSON") from None'
_LONG = "1 <= len(value) <= 10_000 and"
_FULL = "bool(_UUID.fullmatch(value))"
_IS_URL = "len(value) <= 2048 and bool(_URL.fullmatch(value))"
_STR = "elif not isinstance(body[name], str):"
_RULES = "elif not RULES[name](body[name]):"
_MEDIA = 'media_type != "application/json"'
_ECHO = 'self.message("text", now, body=body["text"], endUser=user)'
_BODY = '"body": parts.get("body"),'
_FILE = '"file": parts.get("file"),'
_MICRO = '"microseconds": now,'
_MESSAGE_TIMES = (
    '"microseconds": now,\n'
    '            "createdAt": now // 10**6,\n'
    '            "updatedAt": now // 10**6,'
)
_MESSAGE_ID = 'return {\n            "id": new_id(),\n            "status": "delivered",'
_ANSWERED = (
    "status, document, headers = self.api.answer(self.command, path, self.headers, raw)"
)
_REVIEW = "return self.review(conversation)"
_LOOKUP = "self.conversations.get(unquote(found[1]))"
_ASSIGNED_ID = '"id": conversation.id,'
_ASSIGNED = '"assignedAgent": self.agents[agent_id],'
_MIME = '"mimeType": mime_type,'
_CONFLICT = 'raise Refused(409, "the uuid belongs to another message")'
_KEY = 'key = body["uuid"].lower()'
_LATER = "self.last = max(self.last + 1, time.time_ns() // 1000)"
_URLS = '"url": {"default": STATIC + path, **{size: f"{STATIC}/{size}{path}" for size in sizes}},'
_WEBSOCKET = '"websocketToken": websocket_token(user_id),'
_STORE = "conversation.sent[key] = (content, message)"
_REVIEW_AGENT = "self.agents[conversation.agent] if conversation.agent else None"
_UNASSIGNED = "if conversation.agent != agent_id:\n            conversation.agent = agent_id"
_401 = 'raise Refused(401, "unauthorized")'


def _echo(change: str) -> tuple[tuple[str, str], ...]:
    """Change the text that comes back: *change* is an expression over `t`."""
    return ((_ECHO, f'self.message("text", now, body=(lambda t: {change})(body["text"]), endUser=user)'),)


def _refuse_text(when: str, status: int = 400) -> tuple[tuple[str, str], ...]:
    """Refuse a text: *when* is an expression over `t`."""
    return ((_KEY, f'{_KEY}; t = body.get("text", "-")\n        if {when}: raise Refused({status}, "no")'),)


def _refuse_file(when: str, status: int = 400) -> tuple[tuple[str, str], ...]:
    """Refuse a file: *when* is an expression over `u`."""
    return ((_KEY, f'{_KEY}; u = body.get("file", "http://a.example/a.png")\n        if {when}: raise Refused({status}, "no")'),)


def _bytes(change: str) -> tuple[tuple[str, str], ...]:
    """Change what is written: *change* is an expression over `content` and `document`."""
    return ((_CONTENT, f"{_CONTENT}; content = {change}"),)


def _message(change: str) -> tuple[tuple[str, str], ...]:
    """Add entries to each message, over those it has; *change* may use `kind`, `parts`, `now`."""
    old = '"updatedAt": now // 10**6,\n        }\n\n    def now'
    return ((old, old.replace("}\n\n", f"{change}\n        }}\n\n")),)


_TABLE: dict[str, tuple[tuple[str, Standing, str, tuple[tuple[str, str], ...]], ...]] = {
    "status": (
        ("status_500", DOCUMENTED, "a review fails", ((_REVIEW, 'raise Refused(500, "no")'),)),
        ("second_review_500", DOCUMENTED, "a review fails once a message was made", ((_REVIEW, 'if self.last: raise Refused(500, "no")\n            ' + _REVIEW),)),
        ("second_assignment_500", DOCUMENTED, "assigning the same agent again fails", ((_UNASSIGNED, 'if conversation.agent == agent_id: raise Refused(500, "no")\n        ' + _UNASSIGNED),)),
        ("status_201", DOCUMENTED, "what is made is answered with 201", ((_OK, 'return 201, {"status": 201, "data": data}, {}'),)),
        ("status_201_outside", DOCUMENTED, "HTTP says 201, the envelope 200", ((_OK, 'return 201, {"status": 200, "data": data}, {}'),)),
        ("status_202_file", DOCUMENTED, "a file is answered with 202", ((_OK, 'return (202 if "file" in path else 200), {"status": 200, "data": data}, {}'),)),
        ("envelope_zero", DOCUMENTED, "the envelope says 0", ((_OK, 'return 200, {"status": 0, "data": data}, {}'),)),
        ("envelope_text", DOCUMENTED, "the envelope's status is a string", ((_OK, 'return 200, {"status": "200", "data": data}, {}'),)),
        ("status_wrong", ASSUMED, "a refusal's envelope says 200", ((_REFUSAL, '{"status": 200, "error": refused.error}'),)),
        ("error_status_text", ASSUMED, "a refusal's envelope holds the status as a string", ((_REFUSAL, '{"status": str(refused.status), "error": refused.error}'),)),
        ("error_inside_200", ASSUMED, "refusals arrive under HTTP 200", (("return refused.status, document", "return 200, document"),)),
        ("error_400_only", ASSUMED, "each refusal is a 400", (("return refused.status, document", "return 400, document"),)),
        ("unknown_conversation_500", DOCUMENTED, "an unknown conversation is a server error", ((_UNKNOWN, 'raise Refused(500, "no")'),)),
        ("unknown_agent_500", DOCUMENTED, "an unknown agent is a server error", ((_NO_AGENT, 'raise Refused(500, "no")'),)),
        ("unknown_forbidden", ASSUMED, "an unknown conversation is forbidden, not unknown", ((_UNKNOWN, 'raise Refused(403, "no")'),)),
        ("unknown_agent_409", ASSUMED, "an unknown agent is a conflict", ((_NO_AGENT, 'raise Refused(409, "no")'),)),
        ("unauthorized_403", ASSUMED, "a wrong token is forbidden, not unauthorized", ((_401, 'raise Refused(403, "no")'),)),
        ("unauthorized_500", DOCUMENTED, "a wrong token is a server error", ((_401, 'raise Refused(500, "no")'),)),
        ("unauthorized_404", ASSUMED, "a wrong token hides the conversation", ((_401, 'raise Refused(404, "no")'),)),
        ("invalid_500", DOCUMENTED, "an invalid body is a server error", ((_SCHEMA, "raise Refused(500, errors)"),)),
        ("missing_field_500", DOCUMENTED, "a body without a field is a server error", ((_SCHEMA, 'raise Refused(500 if "is missing" in errors.values() else 400, errors)'),)),
        ("not_a_string_500", DOCUMENTED, "a number where a string belongs is a server error", ((_SCHEMA, 'raise Refused(500 if "is no string" in errors.values() else 400, errors)'),)),
        ("malformed_500", DOCUMENTED, "malformed JSON is a server error", ((_JSON, 'raise Refused(500, "no") from None'),)),
        ("not_utf8_500", DOCUMENTED, "bytes that are no UTF-8 are a server error", (("except (ValueError, RecursionError):", 'except (ValueError, RecursionError) as error:\n            if isinstance(error, UnicodeDecodeError): raise Refused(500, "no") from None'),)),
        ("array_500", DOCUMENTED, "a body that is no object is a server error", (('raise Refused(400, "an object is expected")', 'raise Refused(500, "no")'),)),
        ("media_type_500", DOCUMENTED, "another media type is a server error", (('raise Refused(415, "send application/json")', 'raise Refused(500, "no")'),)),
        ("reuse_500", DOCUMENTED, "a uuid with other content is a server error", ((_CONFLICT, 'raise Refused(500, "duplicate key")'),)),
        ("repeat_500", DOCUMENTED, "a repeated uuid is a server error", (("            return message\n", '            raise Refused(500, "duplicate key")\n'),)),
        ("emoji_500", DOCUMENTED, "a character beyond the basic plane is a server error", _refuse_text(r't and max(t) > "\uffff"', 500)),
        ("nul_500", DOCUMENTED, "a NUL in a text is a server error", _refuse_text(r'"\0" in t', 500)),
        ("quote_500", DOCUMENTED, "an apostrophe in a text is a server error", _refuse_text('"\'" in t', 500)),
        ("percent_500", DOCUMENTED, "a percent sign in a text is a server error", _refuse_text('"%" in t', 500)),
        ("long_text_500", DOCUMENTED, "a text beyond 8,000 characters is a server error", _refuse_text("len(t) > 8000", 500)),
        ("long_bytes_500", DOCUMENTED, "a text beyond 20,000 bytes is a server error", _refuse_text("len(t.encode()) > 20_000", 500)),
        ("no_extension_500", DOCUMENTED, "a URL without an extension is a server error", (("if not dot:", 'if not dot: raise Refused(500, "no")\n    if not dot:'),)),
        ("long_url_500", DOCUMENTED, "a URL beyond 255 characters is a server error", _refuse_file("len(u) > 255", 500)),
        ("method_500", DOCUMENTED, "another method is a server error", ((_METHOD, 'raise Refused(500, "no")'),)),
        ("method_404", ASSUMED, "another method finds nothing", ((_METHOD, 'raise Refused(404, "no")'),)),
        ("method_without_allow", ASSUMED, "405 does not say what is allowed", ((_METHOD, 'raise Refused(405, "no")'),)),
        ("allow_wrong", ASSUMED, "405 says that GET is allowed", ((_METHOD, 'raise Refused(405, "no", Allow="GET")'),)),
        ("method_ignored", ASSUMED, "GET sends as well", (('if method != "POST":', 'if method not in ("POST", "GET"):'),)),
        ("put_ignored", ASSUMED, "PUT sends as well", (('if method != "POST":', 'if method not in ("POST", "PUT"):'),)),
        ("head_ignored", ASSUMED, "HEAD sends as well", (('if method != "POST":', 'if method not in ("POST", "HEAD"):'),)),
        ("options_ignored", ASSUMED, "OPTIONS sends as well", (('if method != "POST":', 'if method not in ("POST", "OPTIONS"):'),)),
        ("head_answered", ASSUMED, "HEAD is answered with 200, and does nothing", ((_METHOD, f'if method == "HEAD": return {{}}\n            {_METHOD}'),)),
        ("unknown_path_500", DOCUMENTED, "a path that does not exist is a server error", (('raise Refused(404, "no such path")', 'raise Refused(500, "no")'),)),
        ("unknown_path_200", ASSUMED, "a path that does not exist is answered with 200", (('raise Refused(404, "no such path")', "return {}"),)),
        ("empty_agent_500", DOCUMENTED, "an empty agent id is a server error", (("if agent_id not in self.agents:", 'if not agent_id: raise Refused(500, "no")\n        if agent_id not in self.agents:'),)),
        ("surrogate_500", DOCUMENTED, "half a surrogate pair in a text is a server error", (*_refuse_text(r're.search("[\ud800-\udfff]", t)', 500), (r' and not re.search("[\ud800-\udfff]", value)', ""))),
    ),
    "transport": (
        ("content_type_missing", DOCUMENTED, "answers do not say that they are JSON", ((f"self.send_header({_TYPE})", "pass"),)),
        ("content_type_html", DOCUMENTED, "JSON is said to be HTML", ((_TYPE, '"Content-Type", "text/html; charset=utf-8"'),)),
        ("content_type_text", DOCUMENTED, "JSON is said to be plain text, in a 200", ((_TYPE, '"Content-Type", "text/plain" if status == 200 else "application/json"'),)),
        ("hangs_up", DOCUMENTED, "a file is answered with a closed connection", ((_ANSWERED, f'{_ANSWERED}\n        if status == 200 and "file" in path:\n            self.close_connection = True\n            return'),)),
        ("hangs_up_refusing", DOCUMENTED, "an invalid body is answered with a closed connection", ((_ANSWERED, f"{_ANSWERED}\n        if status == 400:\n            self.close_connection = True\n            return"),)),
        ("cut_off", DOCUMENTED, "an answer is shorter than it says", ((_LENGTH, "str(len(content) + 7)"), ("        self.wfile.flush()", "        self.close_connection = True"))),
        ("last_byte_lost", DOCUMENTED, "the last byte of a 200 is missing", _bytes("content[:-1] if status == 200 else content")),
        ("bom", DOCUMENTED, "answers begin with a byte order mark", _bytes(r'b"\xef\xbb\xbf" + content')),
        ("latin_1", DOCUMENTED, "a text comes back in Latin-1", _bytes('json.dumps(document, ensure_ascii=False).encode("latin-1", "replace")')),
        ("utf_16", DOCUMENTED, "answers are UTF-16", _bytes('content.decode().encode("utf-16")')),
        ("not_a_number", DOCUMENTED, "a number is NaN", (('"mark": 0', '"mark": float("nan")'),)),
        ("infinite", DOCUMENTED, "a size is Infinity", (('"size": 5106', '"size": float("inf")'),)),
        ("duplicate_keys", DOCUMENTED, "a key stands twice in the envelope", _bytes("content.replace(b'{\"status\": ', b'{\"status\": 500, \"status\": ', 1)")),
        ("duplicate_keys_inside", DOCUMENTED, "a key stands twice in the message", _bytes("content.replace(b'\"microseconds\"', b'\"microseconds\": 1, \"microseconds\"', 1)")),
        ("trailing_garbage", DOCUMENTED, "a comment follows the JSON", _bytes('content + b"\\n<!-- 3 ms -->"')),
        ("leading_guard", DOCUMENTED, "a guard precedes the JSON", _bytes("b\")]}',\\n\" + content")),
        ("leading_notice", DOCUMENTED, "a warning of the interpreter precedes a file message", _bytes('(b"<br />Notice: Undefined index<br />" if "file" in self.path and status == 200 else b"") + content')),
        ("twice_encoded", DOCUMENTED, "answers are JSON within a JSON string", _bytes("json.dumps(content.decode()).encode()")),
        ("single_quotes", DOCUMENTED, "answers are no JSON but a literal of a language", _bytes("str(document).encode()")),
        ("empty_answer", DOCUMENTED, "an assignment is answered with an empty 200", _bytes('b"" if "assign" in self.path and status == 200 else content')),
        ("no_content", DOCUMENTED, "a review is answered with 204", ((_OK, 'return (204 if "review" in path else 200), {"status": 200, "data": data}, {}'), (_CONTENT, f'{_CONTENT}; content = b"" if status == 204 else content'))),
        ("redirects", DOCUMENTED, "a review is redirected", ((_REVIEW, 'raise Refused(302, "moved", Location="/elsewhere")'),)),
        ("redirects_to_slash", DOCUMENTED, "a text is redirected to the path with a slash", ((_KEY, f'{_KEY}\n        if "text" in body: raise Refused(308, "moved", Location="/")'),)),
        ("gzip_said", DOCUMENTED, "an answer says gzip and is not", ((_TYPE, '"Content-Encoding", "gzip")\n        self.send_header("Content-Type", "application/json"'),)),
        ("slow", ASSUMED, "a file takes three seconds", ((_KEY, f'{_KEY}; time.sleep(3 * ("file" in body))'),)),
        ("error_html", ASSUMED, "refusals are pages of a proxy", ((_CONTENT, f'{_CONTENT}; kind = "application/json" if status == 200 else "text/html"\n        content = content if status == 200 else b"<html>Bad</html>"'), (_TYPE, '"Content-Type", kind'))),
        ("error_empty", ASSUMED, "refusals are empty", _bytes('content if status == 200 else b""')),
        ("error_bare", ASSUMED, "a refusal is a bare string", _bytes("content if status == 200 else b'\"refused\"'")),
        ("error_unnamed", ASSUMED, "a refusal names its reason otherwise", ((_REFUSAL, '{"status": refused.status, "message": refused.error}'),)),
        ("error_list", ASSUMED, "a refusal lists its reasons", ((_REFUSAL, '{"status": refused.status, "error": [str(refused.error)]}'),)),
        ("error_null", ASSUMED, "a refusal says null", ((_REFUSAL, '{"status": refused.status, "error": None}'),)),
        ("error_without_status", ASSUMED, "a refusal has no status", ((_REFUSAL, '{"error": refused.error}'),)),
        ("error_fields_deep", ASSUMED, "a field's message is an object", ((_SCHEMA, 'raise Refused(400, {name: {"message": errors[name]} for name in errors})  # type: ignore'),)),
        ("charset_said", DOCUMENTED, "UTF-8 is said to be Latin-1", ((_TYPE, '"Content-Type", "application/json; charset=iso-8859-1"'),)),
        ("error_said_html", ASSUMED, "the JSON of a refusal is said to be HTML", ((_TYPE, '"Content-Type", "application/json" if status == 200 else "text/html"'),)),
        ("error_empty_text", ASSUMED, "a refusal gives an empty reason", ((_REFUSAL, '{"status": refused.status, "error": ""}'),)),
    ),
    "auth": (
        ("auth_ignored", DOCUMENTED, "any token is taken", ((_AUTH, "False"),)),
        ("auth_missing_taken", DOCUMENTED, "no token is taken", ((_AUTH, 'headers.get("Authorization", TOKEN) != TOKEN'),)),
        ("auth_any_taken", DOCUMENTED, "any token is taken, none is not", ((_AUTH, 'not headers.get("Authorization")'),)),
        ("auth_empty_taken", DOCUMENTED, "an empty token is taken", ((_AUTH, 'headers.get("Authorization") not in ("", TOKEN)'),)),
        ("auth_beginning_taken", DOCUMENTED, "the beginning of the token is taken", ((_AUTH, 'not TOKEN.startswith(headers.get("Authorization") or "-")'),)),
        ("auth_longer_taken", DOCUMENTED, "a token with more behind it is taken", ((_AUTH, 'not (headers.get("Authorization") or "").startswith(TOKEN)'),)),
        ("auth_end_taken", DOCUMENTED, "a token with more before it is taken", ((_AUTH, 'not (headers.get("Authorization") or "").endswith(TOKEN)'),)),
        ("auth_case_ignored", DOCUMENTED, "the token in other case is taken", ((_AUTH, '(headers.get("Authorization") or "").lower() != TOKEN.lower()'),)),
        ("auth_length_only", DOCUMENTED, "any token of the right length is taken", ((_AUTH, 'len(headers.get("Authorization") or "") != len(TOKEN)'),)),
        ("auth_eight_only", DOCUMENTED, "eight characters of the token are compared", ((_AUTH, '(headers.get("Authorization") or "")[:8] != TOKEN[:8]'),)),
        ("auth_last_ignored", DOCUMENTED, "the last character of the token is not compared", ((_AUTH, '(headers.get("Authorization") or "")[:-1] != TOKEN[:-1]'),)),
        ("auth_review_ignored", DOCUMENTED, "a review needs no token", ((_AUTH, f'operation != "request-review" and {_AUTH}'),)),
        ("auth_assign_ignored", DOCUMENTED, "an assignment needs no token", ((_AUTH, f'operation != "assign-agent" and {_AUTH}'),)),
        ("auth_file_any", DOCUMENTED, "a file is sent with any token", ((_AUTH, f'(headers.get("Authorization") is None or operation != "send-file-message") and {_AUTH}'),)),
        ("auth_text_longer", DOCUMENTED, "a text is sent with a token with more behind it", ((_AUTH, f'not ("text" in path and (headers.get("Authorization") or "").startswith(TOKEN)) and {_AUTH}'),)),
        ("auth_once", DOCUMENTED, "once a message was made no token is needed", ((_AUTH, f"not self.last and {_AUTH}"),)),
        ("auth_too_late", DOCUMENTED, "a request with a wrong token is refused and done", ((_401, f'self.accept(method, path, {{"Content-Type": "application/json", "Authorization": TOKEN}}, raw); {_401}'),)),
        ("auth_good_refused", DOCUMENTED, "a review refuses the right token", ((_AUTH, f'operation == "request-review" or {_AUTH}'),)),
        ("auth_good_refused_sometimes", DOCUMENTED, "each seventh request refuses the right token", ((_AUTH, f"self.now() % 7 == 0 or {_AUTH}"),)),
        ("auth_broken_body", DOCUMENTED, "without a token a malformed body is read and the answer is a 500", ((_AUTH, f'{_AUTH} and not raw[:1] == b"{{": raise Refused(500, "no")\n        if {_AUTH}'),)),
        ("auth_middle_ignored", DOCUMENTED, "only the ends of the token are compared", ((_AUTH, '((it := headers.get("Authorization") or "")[:6], it[-6:], len(it)) != (TOKEN[:6], TOKEN[-6:], len(TOKEN))'),)),
        ("auth_first_ignored", DOCUMENTED, "the first character of the token is not compared", ((_AUTH, '(headers.get("Authorization") or "")[1:] != TOKEN[1:]'),)),
        ("auth_contains", DOCUMENTED, "whatever holds the token is taken", ((_AUTH, 'TOKEN not in (headers.get("Authorization") or "")'),)),
        ("auth_null_taken", DOCUMENTED, "the word null is taken for a token", ((_AUTH, 'headers.get("Authorization") not in ("null", TOKEN)'),)),
        ("auth_file_last_ignored", DOCUMENTED, "a file is sent with a token that differs in its last character", ((_AUTH, f'(operation != "send-file-message" or (headers.get("Authorization") or "")[:-1] != TOKEN[:-1]) and {_AUTH}'),)),
    ),
    "validation": (
        ("extra_accepted", ASSUMED, "a property that does not exist is taken", (("if name not in fields}", "if False}"),)),
        ("extra_accepted_review", ASSUMED, "a review takes properties", (("if name not in fields}", "if fields and name not in fields}"),)),
        ("uuid_any", ASSUMED, "a uuid that is none is taken", ((_FULL, "bool(value)"),)),
        ("uuid_without_hyphens", ASSUMED, "a uuid without hyphens is taken", ((_FULL, 'bool(_UUID.fullmatch(value) or re.fullmatch("[0-9a-f]{32}", value))'),)),
        ("uuid_braces", ASSUMED, "a uuid in braces is taken", ((_FULL, 'bool(_UUID.fullmatch(value.strip("{}")))'),)),
        ("uuid_newline", ASSUMED, "a uuid with a line break behind it is taken", ((_FULL, 'bool(re.match(_UUID.pattern + "$", value, re.I))'),)),
        ("uuid_and_more", ASSUMED, "a uuid with more behind it is taken", ((_FULL, "bool(_UUID.match(value))"),)),
        ("uuid_length_only", ASSUMED, "any 36 characters are a uuid", ((_FULL, "len(value) == 36"),)),
        ("uuid_optional", DOCUMENTED, "a uuid is made where none is given", (("if name not in body:", 'if name == "uuid" and name not in body:\n            body[name] = new_id()\n        elif name not in body:'),)),
        ("text_optional", DOCUMENTED, "a text need not be given", (("if name not in body:", 'if name == "text" and name not in body:\n            body[name] = "-"\n        elif name not in body:'),)),
        ("file_optional", DOCUMENTED, "a file need not be given", (("if name not in body:", 'if name == "file" and name not in body:\n            body[name] = "http://a.example/a.png"\n        elif name not in body:'),)),
        ("text_empty", ASSUMED, "an empty text is taken", ((_LONG, "len(value) <= 10_000 and"),)),
        ("text_too_long", ASSUMED, "a text of any length is taken", ((_LONG, "1 <= len(value) and"),)),
        ("text_one_too_long", ASSUMED, "a text of 10,001 characters is taken", ((_LONG, "1 <= len(value) <= 10_001 and"),)),
        ("text_number", DOCUMENTED, "a number is taken for a text", ((_STR, 'elif name == "text" and isinstance(body[name], int):\n            body[name] = str(body[name])\n        ' + _STR),)),
        ("text_null", DOCUMENTED, "null is taken for a text", ((_STR, 'elif name == "text" and body[name] is None:\n            body[name] = "null"\n        ' + _STR),)),
        ("agent_number", DOCUMENTED, "a number is looked up as an agent", ((_STR, 'elif name == "agentId" and not isinstance(body[name], (dict, list)):\n            body[name] = str(body[name])\n        ' + _STR), (_NO_AGENT, "agent_id = conversation.agent or AGENT"))),
        ("url_any", ASSUMED, "any text is taken for a URL", ((_IS_URL, "len(value) <= 2048"),)),
        ("url_too_long", ASSUMED, "a URL of any length is taken", ((_IS_URL, "bool(_URL.fullmatch(value))"),)),
        ("url_one_too_long", ASSUMED, "a URL of 2,049 characters is taken", ((_IS_URL, "len(value) <= 2049 and bool(_URL.fullmatch(value))"),)),
        ("url_ftp", ASSUMED, "an ftp URL is taken", (('rf"(?i:https?)://', 'rf"(?i:https?|ftp)://'),)),
        ("url_javascript", ASSUMED, "a javascript URL is taken", ((_IS_URL, f'value.startswith("javascript:") or {_IS_URL}'),)),
        ("url_data", ASSUMED, "a data URL is taken", ((_IS_URL, f'value.startswith("data:") or {_IS_URL}'),)),
        ("url_file", ASSUMED, "a URL of the server's own disk is taken", ((_IS_URL, f'value.startswith("file:") or {_IS_URL}'),)),
        ("url_relative", ASSUMED, "a path is taken for a URL", ((_IS_URL, f'value.startswith("/") or {_IS_URL}'),)),
        ("url_without_host", ASSUMED, "a URL without a host is taken", (("(?=[^/?#])", ""),)),
        ("url_spaces", ASSUMED, "a URL with spaces is taken", ((_IS_URL, 'len(value) <= 2048 and bool(_URL.fullmatch(value.replace(" ", "")))'),)),
        ("url_begins_only", ASSUMED, "only the beginning of a URL is looked at", ((_IS_URL, "len(value) <= 2048 and bool(_URL.match(value))"),)),
        ("url_non_ascii", ASSUMED, "a URL with characters that no URL has is taken", ((_IS_URL, 'len(value) <= 2048 and bool(_URL.fullmatch(value.encode("ascii", "ignore").decode()))'),)),
        ("media_type_any", ASSUMED, "any media type is taken", ((_MEDIA, "False"),)),
        ("media_type_text", ASSUMED, "JSON is taken as plain text", ((_MEDIA, 'media_type not in ("application/json", "text/plain")'),)),
        ("media_type_none", ASSUMED, "a body without media type is taken", ((_MEDIA, 'media_type not in ("application/json", "")'),)),
        ("media_type_begins", ASSUMED, "what only begins like application/json is taken", ((_MEDIA, 'not media_type.startswith("application/json")'),)),
        ("malformed_taken", DOCUMENTED, "malformed JSON is no body", ((_JSON, "return {}"),)),
        ("array_taken", DOCUMENTED, "a review takes an array", (("if not isinstance(body, dict):", "if body == []: return {}\n        if not isinstance(body, dict):"),)),
        ("null_taken", DOCUMENTED, "a review takes null", (("if not isinstance(body, dict):", "if body is None: return {}\n        if not isinstance(body, dict):"),)),
        ("review_body_ignored", ASSUMED, "a review does not look at its body", (('if operation == "request-review" and not raw:', 'if operation == "request-review":'),)),
        ("not_utf8_taken", ASSUMED, "bytes that are no UTF-8 are taken", (('raw.decode("utf-8")', 'raw.decode("utf-8", "replace")'),)),
        ("latin_1_taken", ASSUMED, "a body is read as Latin-1 where it is no UTF-8", ((_JSON, 'body = json.loads(raw.decode("latin-1")) if isinstance(error, UnicodeDecodeError) else None'), ("except (ValueError, RecursionError):", "except (ValueError, RecursionError) as error:"))),
        ("body_unlimited", ASSUMED, "a body of any size is taken", (("if len(raw) > BODY_MAX:", "if False:"),)),
        ("unknown_accepted", DOCUMENTED, "an unknown conversation takes messages", ((_LOOKUP, "self.conversations.setdefault(unquote(found[1]), Conversation(unquote(found[1]), new_id()))"),)),
        ("unknown_is_known", DOCUMENTED, "an unknown conversation is taken for one that exists", ((_LOOKUP, f"{_LOOKUP} or self.conversations[CONVERSATION]"),)),
        ("unknown_review", DOCUMENTED, "an unknown conversation can be reviewed", ((_LOOKUP, f'{_LOOKUP} or (self.conversations[CONVERSATION] if operation == "request-review" else None)'),)),
        ("beginning_is_known", DOCUMENTED, "a conversation is found by the beginning of its id", ((_LOOKUP, "next((it for name, it in self.conversations.items() if unquote(found[1]) and name.startswith(unquote(found[1])[:8])), None)"),)),
        ("unknown_agent_taken", DOCUMENTED, "an unknown agent is assigned", ((_NO_AGENT, 'self.agents[agent_id] = agent(agent_id, "", "", avatar=None)'),)),
        ("unknown_agent_ignored", DOCUMENTED, "an unknown agent is answered with 200 and the one before", ((_NO_AGENT, "agent_id = conversation.agent or AGENT"),)),
        ("agent_empty_unassigns", DOCUMENTED, "an empty agent id is taken and assigns nobody", (("if agent_id not in self.agents:", 'if not agent_id:\n            return {"id": conversation.id, "assignedAgent": None, "locked": False, "createdAt": BORN, "updatedAt": BORN}\n        if agent_id not in self.agents:'),)),
        ("uuid_urn", ASSUMED, "a uuid as a URN is taken", ((_FULL, 'bool(_UUID.fullmatch(value.removeprefix("urn:uuid:")))'),)),
        ("uuid_stripped", ASSUMED, "a uuid with blanks around it is taken", ((_FULL, "bool(_UUID.fullmatch(value.strip()))"),)),
        ("uuid_hyphens_anywhere", ASSUMED, "a uuid with its hyphens elsewhere is taken", ((_FULL, 'bool(re.fullmatch("[0-9a-f]{32}", value.replace("-", ""), re.I))'),)),
        ("uuid_of_library", ASSUMED, "whatever a library makes a UUID of is taken", ((_FULL, 'bool(re.fullmatch("[0-9a-f]{32}", value.replace("urn:", "").replace("uuid:", "").strip("{}").replace("-", ""), re.I))'),)),
        ("url_bad_escape", ASSUMED, "a URL with a broken escape is taken", (('_HEX = r"%[0-9A-Fa-f]{2}"', '_HEX = r"%"'),)),
        ("url_newline", ASSUMED, "a URL with a line break behind it is taken", ((_IS_URL, 'len(value) <= 2048 and bool(re.match(_URL.pattern + "$", value))'),)),
        ("url_found_inside", ASSUMED, "a text with a URL in it is taken for one", ((_IS_URL, "len(value) <= 2048 and bool(_URL.search(value))"),)),
        ("url_mailto", ASSUMED, "a mail address is taken for a URL", ((_IS_URL, f'value.startswith("mailto:") or {_IS_URL}'),)),
        ("agent_stripped", DOCUMENTED, "an agent is found by an id with a blank behind it", (("if agent_id not in self.agents:", "agent_id = agent_id.strip()\n        if agent_id not in self.agents:"),)),
        ("agent_by_beginning", DOCUMENTED, "an agent is found by the beginning of its id", (("if agent_id not in self.agents:", "agent_id = next((it for it in self.agents if len(agent_id) > 8 and it.startswith(agent_id[:8])), agent_id)\n        if agent_id not in self.agents:"),)),
        ("end_is_known", DOCUMENTED, "a conversation is found by the end of its id", ((_LOOKUP, "next((it for name, it in self.conversations.items() if len(unquote(found[1])) > 12 and name.endswith(unquote(found[1])[-12:])), None)"),)),
        ("last_digit_ignored", DOCUMENTED, "the last digit of a conversation's id is not compared", ((_LOOKUP, "next((it for name, it in self.conversations.items() if name[:-1] == unquote(found[1])[:-1]), None)"),)),
        ("json_comma_taken", ASSUMED, "JSON with a comma too many is taken", (('json.loads(raw.decode("utf-8"))', 'json.loads(re.sub(r",\\s*}", "}", raw.decode("utf-8")))'),)),
        ("review_malformed_taken", ASSUMED, "a review takes malformed JSON", ((_JSON, f'if operation == "request-review": return {{}}\n            {_JSON}'),)),
    ),
    "refused": (
        ("text_too_short", ASSUMED, "a text of more than 100 characters is refused", _refuse_text("len(t) > 100")),
        ("text_4096", ASSUMED, "a text of more than 4,096 characters is refused", _refuse_text("len(t) > 4096")),
        ("text_9999", ASSUMED, "a text of 10,000 characters is refused", _refuse_text("len(t) >= 10_000")),
        ("text_bytes", ASSUMED, "the length of a text is counted in bytes", _refuse_text("len(t.encode()) > 10_000")),
        ("text_utf_16", ASSUMED, "the length of a text is counted in UTF-16 units", _refuse_text('len(t.encode("utf-16-le")) > 20_000')),
        ("text_one_refused", ASSUMED, "a text of one character is refused", _refuse_text('len(t) == 1 and "text" in body')),
        ("text_emoji_refused", ASSUMED, "a character beyond the basic plane is refused", _refuse_text(r't and max(t) > "\uffff"')),
        ("text_ascii_only", ASSUMED, "a text that is not ASCII is refused", _refuse_text("not t.isascii()")),
        ("text_latin_1_only", ASSUMED, "a text beyond Latin-1 is refused", _refuse_text(r't and max(t) > "\xff"')),
        ("text_markup_refused", ASSUMED, "a text with a tag is refused", _refuse_text('"<" in t')),
        ("text_script_403", ASSUMED, "a firewall refuses a text with a script", _refuse_text('"<script" in t.lower()', 403)),
        ("text_line_break_refused", ASSUMED, "a text with a line break is refused", _refuse_text(r'"\n" in t')),
        ("text_tab_refused", ASSUMED, "a text with a control character is refused", _refuse_text(r'any(c < " " for c in t)')),
        ("text_quote_refused", ASSUMED, "a text with a quotation mark is refused", _refuse_text(r'"\"" in t')),
        ("text_space_refused", ASSUMED, "a text of spaces only is refused", _refuse_text("not t.strip()")),
        ("text_decomposed_refused", ASSUMED, "a text with a combining character is refused", _refuse_text(r'any("\u0300" <= c <= "\u036f" for c in t)')),
        ("text_zero_width_refused", ASSUMED, "a text with an invisible character is refused", _refuse_text(r'any(c in t for c in "\u200b\u200c\u200d\u200e\u200f\u202e\ufeff")')),
        ("uuid_upper_refused", ASSUMED, "a uuid in capitals is refused", ((_FULL, f"{_FULL} and value == value.lower()"),)),
        ("uuid_v4_only", ASSUMED, "a uuid of another version is refused", ((_FULL, f'{_FULL} and value[14] == "4"'),)),
        ("url_query_refused", ASSUMED, "a URL with a query is refused", _refuse_file('"?" in u')),
        ("url_fragment_refused", ASSUMED, "a URL with a fragment is refused", _refuse_file('"#" in u')),
        ("url_port_refused", ASSUMED, "a URL with a port is refused", _refuse_file('":" in u[8:]')),
        ("url_percent_refused", ASSUMED, "a URL with an escape is refused", _refuse_file('"%" in u')),
        ("url_http_refused", ASSUMED, "a URL of http is refused", _refuse_file('u[:5].lower() == "http:"')),
        ("url_capitals_refused", ASSUMED, "a URL with its scheme in capitals is refused", _refuse_file("u[:4] != u[:4].lower()")),
        ("url_no_path_refused", ASSUMED, "a URL without a path is refused", _refuse_file("not urlsplit(u).path")),
        ("url_no_extension_refused", ASSUMED, "a URL without an extension is refused", _refuse_file('"." not in urlsplit(u).path')),
        ("url_images_only", ASSUMED, "a file that is no image is refused", _refuse_file('not u.partition("?")[0].lower().endswith((".png", ".jpg", ".jpeg", ".gif"))')),
        ("url_255_refused", ASSUMED, "a URL of more than 255 characters is refused", _refuse_file("len(u) > 255")),
        ("url_2048_refused", ASSUMED, "a URL of 2,048 characters is refused", _refuse_file("len(u) >= 2048")),
        ("charset_refused", ASSUMED, "application/json with a charset is refused", (('.split(";")[0].strip().lower()', ".strip().lower()"),)),
        ("capital_media_type_refused", ASSUMED, "Application/JSON is refused", ((".strip().lower()\n        if media_type", ".strip()\n        if media_type"),)),
        ("review_empty_refused", ASSUMED, "a review refuses an empty object", (("if not isinstance(body, dict):", "if body == {} and not FIELDS[operation]: raise Refused(400, \"no\")\n        if not isinstance(body, dict):"),)),
        ("review_none_refused", ASSUMED, "a review without a body is refused", (('if operation == "request-review" and not raw:', 'if operation == "request-review" and not raw:\n            raise Refused(400, "no")\n        if False:'),)),
        ("json_spaces_refused", ASSUMED, "JSON with white space around it is refused", (("            body = json.loads(raw.decode(\"utf-8\"))", '            body = json.loads(raw.decode("utf-8")) if raw == raw.strip() else None'),)),
        ("known_lost", DOCUMENTED, "a long text finds the conversation gone", _refuse_text("len(t) > 100", 404)),
        ("known_agent_lost", DOCUMENTED, "no agent is ever found", (("if agent_id not in self.agents:", "if agent_id:"),)),
        ("known_file_lost", DOCUMENTED, "a file finds the conversation gone", ((_KEY, f'{_KEY}\n        if "file" in body: raise Refused(404, "no")'),)),
        ("body_2000", ASSUMED, "a body of more than 2,000 bytes is too large", (("BODY_MAX = 1_048_576", "BODY_MAX = 2000"),)),
        ("json_escape_refused", ASSUMED, "JSON with an escape of a letter is refused", (("            body = json.loads(raw.decode(\"utf-8\"))", '            body = json.loads(raw.decode("utf-8")) if b"\\\\u0078" not in raw else None'),)),
        ("text_link_refused", ASSUMED, "a text with a link is refused", _refuse_text('"http" in t')),
        ("text_address_refused", ASSUMED, "a text with a mail address is refused", _refuse_text('"@" in t', 403)),
        ("text_private_refused", ASSUMED, "a text with a character of private use is refused", _refuse_text(r're.search("[\ue000-\uf8ff\U000f0000-\U0010ffff]", t)')),
        ("url_user_refused", ASSUMED, "a URL with a user is refused", _refuse_file('"@" in u')),
        ("url_address_refused", ASSUMED, "a URL with an IPv6 address is refused", _refuse_file('"[" in u')),
    ),
    "shape": (
        ("microseconds_missing", DOCUMENTED, "a message has no microseconds", ((f"            {_MICRO}\n", ""),)),
        ("nulls_left_out", DOCUMENTED, "a relation that is missing is no key", ((_OK, 'return 200, {"status": 200, "data": {name: it for name, it in data.items() if it is not None}}, {}'),)),
        ("updated_missing", DOCUMENTED, "a conversation does not say when it changed", (('            "updatedAt": conversation.updated,\n', ""),)),
        ("file_with_body", DOCUMENTED, "a file message has a body", ((_BODY, '"body": parts.get("body") or ("a file" if kind == "file" else None),'),)),
        ("review_with_empty_body", DOCUMENTED, "a review message has an empty body", ((_BODY, '"body": parts.get("body") or ("" if kind == "review" else None),'),)),
        ("text_with_file", DOCUMENTED, "a text message has a file", ((_FILE, '"file": parts.get("file") or (stored("http://a.example/a.png", now // 10**6) if kind == "text" else None),'),)),
        ("file_null", DOCUMENTED, "a file message has no file", ((_FILE, '"file": None,'),)),
        ("body_null", DOCUMENTED, "a text message has no body", ((_BODY, '"body": None,'),)),
        ("review_null", DOCUMENTED, "a review message has no review", (('"review": parts.get("review"),', '"review": None,'),)),
        ("type_wrong", DOCUMENTED, "a text comes back as a note", (('"type": kind,', '"type": "note" if kind == "text" else kind,'),)),
        ("type_capital", DOCUMENTED, "the type of a message is in capitals", (('"type": kind,', '"type": kind.upper(),'),)),
        ("type_file_image", DOCUMENTED, "a file message has the type of its file", (('"type": kind,', '"type": "image" if kind == "file" else kind,'),)),
        ("two_authors", DOCUMENTED, "a message has a bot and an end user", (('"bot": parts.get("bot"),', '"bot": bot(),'),)),
        ("no_author", DOCUMENTED, "a text has no author", ((_ECHO, 'self.message("text", now, body=body["text"])'),)),
        ("author_id_only", DOCUMENTED, "the author is an id", (('"endUser": parts.get("endUser"),', '"endUser": (parts.get("endUser") or {}).get("id"),'),)),
        ("id_number", DOCUMENTED, "the id of a message is a number", ((_MESSAGE_ID, _MESSAGE_ID.replace("new_id()", "now")),)),
        ("id_empty", DOCUMENTED, "the id of a message is empty", ((_MESSAGE_ID, _MESSAGE_ID.replace("new_id()", '""')),)),
        ("id_null", DOCUMENTED, "the id of a message is null", ((_MESSAGE_ID, _MESSAGE_ID.replace("new_id()", "None")),)),
        ("id_capital", DOCUMENTED, "ids are in capitals", (("return str(uuid.uuid4())", "return str(uuid.uuid4()).upper()"),)),
        ("id_hex", DOCUMENTED, "ids are no UUIDs", (("return str(uuid.uuid4())", "return uuid.uuid4().hex"),)),
        ("status_null", DOCUMENTED, "the status of a message is null", (('"status": "delivered"', '"status": None'),)),
        ("status_number", DOCUMENTED, "the status of a message is a number", (('"status": "delivered"', '"status": 1'),)),
        ("locked_number", DOCUMENTED, "locked is a number", (('"locked": conversation.locked', '"locked": int(conversation.locked)'),)),
        ("locked_text", DOCUMENTED, "locked is a string", (('"locked": conversation.locked', '"locked": "false"'),)),
        ("assigned_null", DOCUMENTED, "nobody is assigned after an assignment", ((_ASSIGNED, '"assignedAgent": None,'),)),
        ("assigned_id_only", DOCUMENTED, "the assigned agent is an id", ((_ASSIGNED, '"assignedAgent": conversation.agent,'),)),
        ("assigned_list", DOCUMENTED, "the assigned agent is a list", ((_ASSIGNED, '"assignedAgent": [self.agents[conversation.agent]],'),)),
        ("agent_without_name", DOCUMENTED, "an agent has no name", (('        "name": name,\n        "status"', '        "status"'),)),
        ("service_id_number", DOCUMENTED, "the id in the integrator's system is a number", (('"serviceUserId": service_id', '"serviceUserId": int(service_id)'),)),
        ("avatar_empty", DOCUMENTED, "an avatar is a string", (('"avatar": avatar', '"avatar": ""'),)),
        ("avatar_array", DOCUMENTED, "an avatar that is missing is an empty array", (('"avatar": avatar', '"avatar": avatar or []'), ("        self.last = 0", "        self.agents[AGENT] = agent(AGENT, 'Ann', '4711', avatar=None)\n        self.last = 0"))),
        ("active_text", DOCUMENTED, "active is a string", (('"active": True', '"active": "true"'),)),
        ("urls_list", DOCUMENTED, "the URLs of a file are a list", ((_URLS, '"url": [STATIC + path],'),)),
        ("url_text", DOCUMENTED, "the URLs of a file are one string", ((_URLS, '"url": STATIC + path,'),)),
        ("urls_null", DOCUMENTED, "a URL of a file is null", ((_URLS, '"url": {"default": None},'),)),
        ("urls_relative", DOCUMENTED, "the URLs of a file have no host", ((_URLS, '"url": {"default": path},'),)),
        ("urls_other_path", DOCUMENTED, "the URL of a file does not end in its path", ((_URLS, '"url": {"default": STATIC + path + "/x"},'),)),
        ("urls_empty", DOCUMENTED, "a file has no URL at all", ((_URLS, '"url": {},'),)),
        ("ext_with_dot", DOCUMENTED, "an extension begins with a dot", (('"ext": ext,', '"ext": "." + ext,'),)),
        ("ext_null", DOCUMENTED, "an extension is null", (('"ext": ext,', '"ext": None,'),)),
        ("size_text", DOCUMENTED, "a size is a string", (('"size": 5106', '"size": "5106"'),)),
        ("size_negative", DOCUMENTED, "a size is negative", (('"size": 5106', '"size": -1'),)),
        ("width_text", DOCUMENTED, "a width is a string", (('"width": 640', '"width": "640"'),)),
        ("width_missing", DOCUMENTED, "an image has no width", (('"width": 640, ', ""),)),
        ("mime_type_missing", DOCUMENTED, "a file has no media type", ((f"            {_MIME}\n", ""),)),
        ("mime_type_bare", DOCUMENTED, "a media type has no slash", ((_MIME, '"mimeType": mime_type.partition("/")[2],'),)),
        ("path_bare", DOCUMENTED, "the path of a file begins without a slash", (('"path": path', '"path": path[1:]'),)),
        ("mark_null", DOCUMENTED, "a mark is null", (('"mark": 0', '"mark": None'),)),
        ("confirmed_number", DOCUMENTED, "confirmed is a number", (('"confirmed": False', '"confirmed": 0'),)),
        ("review_text_null", DOCUMENTED, "the text of a review is null", (('"text": ""', '"text": None'),)),
        ("review_without_agent", DOCUMENTED, "a review has no key agent", (('            "agent": assigned,\n', ""),)),
        ("review_without_user", DOCUMENTED, "a review has no end user", (('"endUser": end_user(conversation.end_user),', '"endUser": None,'),)),
        ("websocket_missing", DOCUMENTED, "an end user has no websocketToken", ((f"        {_WEBSOCKET}\n", ""),)),
        ("websocket_null", DOCUMENTED, "a websocketToken is null", ((_WEBSOCKET, '"websocketToken": None,'),)),
        ("websocket_of_another", DOCUMENTED, "a websocketToken is that of another end user", ((_WEBSOCKET, '"websocketToken": websocket_token(str(uuid.UUID(int=3, version=4))),'),)),
        ("websocket_no_jwt", DOCUMENTED, "a websocketToken is no JWT", ((_WEBSOCKET, '"websocketToken": "c2VjcmV0",'),)),
        ("bot_without_name", DOCUMENTED, "a bot has no name", (('        "name": "Blinger bot",\n', ""),)),
        ("envelope_missing", DOCUMENTED, "there is no envelope", ((_OK, "return 200, data, {}"),)),
        ("envelope_without_status", DOCUMENTED, "the envelope has no status", ((_OK, 'return 200, {"data": data}, {}'),)),
        ("envelope_list", DOCUMENTED, "data is a list", ((_OK, 'return 200, {"status": 200, "data": [data]}, {}'),)),
        ("envelope_renamed", DOCUMENTED, "data is called result", ((_OK, 'return 200, {"status": 200, "result": data}, {}'),)),
        ("envelope_null", DOCUMENTED, "an assignment answers null", ((_OK, 'return 200, {"status": 200, "data": None if "assign" in path else data}, {}'),)),
        ("snake_case", DOCUMENTED, "keys are in snake case", ((_CONTENT, f'{_CONTENT}.replace(b"createdAt", b"created_at")'),)),
        ("created_text", DOCUMENTED, "times are strings", ((_MESSAGE_TIMES, _MESSAGE_TIMES.replace('"createdAt": now // 10**6', '"createdAt": str(now // 10**6)')),)),
        ("created_iso", DOCUMENTED, "times are in ISO 8601", ((_MESSAGE_TIMES, _MESSAGE_TIMES.replace('"createdAt": now // 10**6', '"createdAt": time.strftime("%FT%TZ")')),)),
        ("created_fraction", DOCUMENTED, "times have a fraction", ((_MESSAGE_TIMES, _MESSAGE_TIMES.replace('"createdAt": now // 10**6', '"createdAt": now / 10**6')),)),
        ("microseconds_text", DOCUMENTED, "microseconds are a string", ((_MICRO, '"microseconds": str(now),'),)),
        ("microseconds_null", DOCUMENTED, "microseconds of a review are null", ((_MICRO, '"microseconds": None if kind == "review" else now,'),)),
        ("thumbnail_of_other_size", DOCUMENTED, "a thumbnail's URL names another size than its key", ((_URLS, _URLS.replace("{STATIC}/{size}", "{STATIC}/120x120")),)),
        ("websocket_sub_null", DOCUMENTED, "a websocketToken is nobody's", ((_WEBSOCKET, _WEBSOCKET.replace("user_id", "None  # type: ignore\n        ")),)),
        ("user_id_short", DOCUMENTED, "the id of an end user is no UUID", (('        "id": user_id,', '        "id": user_id[:8],'), (_WEBSOCKET, _WEBSOCKET.replace("(user_id)", "(user_id[:8])")))),
        ("bot_id_name", DOCUMENTED, "the id of a bot is a name", (('"id": str(uuid.UUID(int=5, version=4)),', '"id": "bot",'),)),
        ("ids_shared", DOCUMENTED, "an end user has the id of the conversation", (("user = end_user(conversation.end_user)", "user = end_user(conversation.id)"),)),
    ),
    "echo": (
        ("text_changed", ASSUMED, "a text comes back in capitals", _echo('t.upper() + "!"')),
        ("text_capital", ASSUMED, "a text comes back with a capital first", _echo("t[:1].upper() + t[1:]")),
        ("text_trimmed", ASSUMED, "a text comes back trimmed", _echo("t.strip() or t")),
        ("text_trimmed_right", ASSUMED, "a text comes back without the spaces at its end", _echo('t.rstrip(" ") or t')),
        ("text_spaces_collapsed", ASSUMED, "spaces in a row come back as one", _echo('re.sub(" +", " ", t)')),
        ("text_escaped", ASSUMED, "markup comes back escaped", _echo('t.replace("&", "&amp;").replace("<", "&lt;")')),
        ("text_unescaped", ASSUMED, "entities come back decoded", _echo('t.replace("&amp;", "&").replace("&lt;", "<")')),
        ("text_tags_lost", ASSUMED, "tags are gone", _echo('re.sub("<[^>]*>", "", t)')),
        ("text_script_lost", ASSUMED, "a script is gone", _echo('re.sub("(?is)<script.*?</script>", "", t)')),
        ("text_composed", ASSUMED, "a text comes back in NFC", _echo('__import__("unicodedata").normalize("NFC", t)')),
        ("text_decomposed", ASSUMED, "a text comes back in NFD", _echo('__import__("unicodedata").normalize("NFD", t)')),
        ("text_compatible", ASSUMED, "a text comes back in NFKC", _echo('__import__("unicodedata").normalize("NFKC", t)')),
        ("text_line_ends", ASSUMED, "CR LF comes back as LF", _echo(r't.replace("\r\n", "\n")')),
        ("text_returns_lost", ASSUMED, "a lone CR comes back as LF", _echo(r't.replace("\r", "\n")')),
        ("text_one_line", ASSUMED, "line breaks come back as spaces", _echo(r't.replace("\n", " ")')),
        ("text_tabs_lost", ASSUMED, "tabs come back as spaces", _echo(r't.replace("\t", "    ")')),
        ("text_emoji_lost", ASSUMED, "characters beyond the basic plane are gone", _echo(r'"".join(c for c in t if c <= "\uffff")')),
        ("text_emoji_asked", ASSUMED, "characters beyond the basic plane come back as question marks", _echo(r'"".join(c if c <= "\uffff" else "?" for c in t)')),
        ("text_cut_at_emoji", ASSUMED, "a text ends before the first character beyond the basic plane", _echo(r're.split("[\U00010000-\U0010ffff]", t)[0]')),
        ("text_ascii", ASSUMED, "characters beyond ASCII come back as question marks", _echo('t.encode("ascii", "replace").decode()')),
        ("text_mojibake", ASSUMED, "UTF-8 is read as Latin-1", _echo('t.encode().decode("latin-1")')),
        ("text_joiner_lost", ASSUMED, "joiners and direction marks are gone", _echo(r're.sub("[\u200b-\u200f\u202a-\u202e\u2066-\u2069]", "", t)')),
        ("text_bom_lost", ASSUMED, "a byte order mark at the beginning is gone", _echo(r't.removeprefix("\ufeff") or t')),
        ("text_nul_lost", ASSUMED, "NUL is gone", _echo(r't.replace("\0", "")')),
        ("text_cut_at_nul", ASSUMED, "a text ends at its first NUL", _echo(r't.split("\0")[0]')),
        ("text_controls_lost", ASSUMED, "control characters are gone", _echo(r're.sub("[\x01-\x08\x0b\x0c\x0e-\x1f]", "", t)')),
        ("text_no_break_lost", ASSUMED, "a no-break space comes back as a space", _echo(r't.replace("\xa0", " ")')),
        ("text_255", ASSUMED, "a text is cut after 255 characters", _echo("t[:255]")),
        ("text_cut_4096", ASSUMED, "a text is cut after 4,096 characters", _echo("t[:4096]")),
        ("text_cut_9999", ASSUMED, "the last of 10,000 characters is gone", _echo("t[:9999]")),
        ("text_cut_bytes", ASSUMED, "a text is cut after 10,000 bytes", _echo('t.encode()[:10_000].decode("utf-8", "ignore")')),
        ("text_quotes_curled", ASSUMED, "quotation marks come back curled", _echo(r't.replace("\"", "\u201d")')),
        ("text_slashes", ASSUMED, "quotes come back with a backslash", _echo('t.replace("\'", "\\\\\'")')),
        ("text_backslash_lost", ASSUMED, "backslashes are gone", _echo('t.replace("\\\\", "")')),
        ("text_plus_lost", ASSUMED, "a plus comes back as a space", _echo('t.replace("+", " ")')),
        ("text_percent_decoded", ASSUMED, "percent escapes come back decoded", _echo("unquote(t)")),
        ("text_formatted", ASSUMED, "braces are filled in", _echo('re.sub(r"\\{\\{?.*?\\}\\}?", "", t)')),
        ("text_dash_typed", ASSUMED, "smileys come back as emoji", _echo(r't.replace(":)", "\U0001f642")')),
        ("text_links", ASSUMED, "a link comes back as markup", _echo(r're.sub(r"(https?://\S+)", r"<a>\1</a>", t)')),
        ("text_number_short", ASSUMED, "a text that is a number comes back as another", _echo('str(int(t)) if re.fullmatch("[0-9]+", t) else t')),
        ("text_null_word", ASSUMED, "the text null comes back empty", _echo('"" if t == "null" else t')),
        ("text_reversed", ASSUMED, "a right-to-left text comes back turned", _echo(r't[::-1] if re.search("[\u0590-\u06ff]", t) else t')),
        ("text_always_hello", ASSUMED, "each text comes back as Hello", _echo('"Hello"')),
        ("conversation_swapped", DOCUMENTED, "another conversation is answered", ((_ASSIGNED_ID, '"id": OTHER_CONVERSATION,'),)),
        ("conversation_new", DOCUMENTED, "each time another conversation is answered", ((_ASSIGNED_ID, '"id": new_id(),'),)),
        ("conversation_capital", DOCUMENTED, "the conversation comes back in capitals", ((_ASSIGNED_ID, '"id": conversation.id.upper(),'),)),
        ("conversation_is_agent", DOCUMENTED, "the conversation has the id of the agent", ((_ASSIGNED_ID, '"id": conversation.agent,'),)),
        ("agent_swapped", DOCUMENTED, "another agent is answered than was assigned", ((_ASSIGNED, '"assignedAgent": {**self.agents[conversation.agent], "id": new_id()},'),)),
        ("agent_first", DOCUMENTED, "the first agent is answered, whoever is assigned", ((_ASSIGNED, '"assignedAgent": self.agents[AGENT],'),)),
        ("agent_before", DOCUMENTED, "the agent of the assignment before is answered", ((_UNASSIGNED, _UNASSIGNED.replace("if conv", "before = conversation.agent or agent_id\n        if conv")), (_ASSIGNED, '"assignedAgent": self.agents[before],'))),
        ("uuid_is_id", ASSUMED, "the id of a message is the uuid that was sent", ((_STORE, f'message["id"] = body["uuid"]; {_STORE}'),)),
        ("author_agent", ASSUMED, "an agent authors a text", ((_ECHO, 'self.message("text", now, body=body["text"], agent=self.agents[AGENT])'),)),
        ("author_bot", ASSUMED, "a bot authors a file", (('self.message("file", now, file=held, endUser=user)', 'self.message("file", now, file=held, bot=bot())'),)),
        ("text_quotes_straight", ASSUMED, "curled quotation marks come back straight", _echo(r't.replace("\u201c", "\"").replace("\u201d", "\"")')),
        ("text_dashes", ASSUMED, "two hyphens come back as a dash", _echo(r't.replace("--", "\u2014")')),
        ("text_ellipsis", ASSUMED, "an ellipsis comes back as three points", _echo(r't.replace("\u2026", "...")')),
        ("text_shortcode", ASSUMED, "the name of an emoji comes back as one", _echo(r't.replace(":smile:", "\U0001f604")')),
        ("text_selector_lost", ASSUMED, "variation selectors are gone", _echo(r're.sub("[\ufe00-\ufe0f]", "", t)')),
        ("text_soft_hyphen_lost", ASSUMED, "soft hyphens are gone", _echo(r't.replace("\xad", "")')),
        ("text_entities_decoded", ASSUMED, "numeric entities come back decoded", _echo(r"""t.replace("&#39;", "'")""")),
        ("text_emphasis_lost", ASSUMED, "asterisks around a word are gone", _echo(r're.sub(r"\*(\w+)\*", r"\1", t)')),
        ("text_private_lost", ASSUMED, "characters of private use are gone", _echo(r're.sub("[\ue000-\uf8ff]", "", t)')),
        ("text_sharp_s", ASSUMED, "a sharp s comes back as two", _echo(r't.replace("\xdf", "ss")')),
        ("text_mail_hidden", ASSUMED, "a mail address comes back hidden", _echo(r're.sub(r"\S+@\S+", "***", t)')),
    ),
    "time": (
        ("created_milliseconds", DOCUMENTED, "createdAt is in milliseconds", ((_MESSAGE_TIMES, _MESSAGE_TIMES.replace('"createdAt": now // 10**6', '"createdAt": now // 1000')),)),
        ("microseconds_milliseconds", DOCUMENTED, "microseconds are milliseconds", ((_MICRO, '"microseconds": now // 1000,'),)),
        ("microseconds_seconds", DOCUMENTED, "microseconds are seconds", ((_MICRO, '"microseconds": now // 10**6,'),)),
        ("created_elsewhere", DOCUMENTED, "createdAt is three hours ahead", ((_MESSAGE_TIMES, _MESSAGE_TIMES.replace('"createdAt": now // 10**6', '"createdAt": now // 10**6 + 10_800')),)),
        ("created_one_ahead", DOCUMENTED, "createdAt is a second ahead", ((_MESSAGE_TIMES, _MESSAGE_TIMES.replace('"createdAt": now // 10**6', '"createdAt": now // 10**6 + 1')),)),
        ("created_rounded", DOCUMENTED, "createdAt is rounded", ((_MESSAGE_TIMES, _MESSAGE_TIMES.replace('"createdAt": now // 10**6', '"createdAt": round(now / 10**6)')),)),
        ("created_zero", DOCUMENTED, "createdAt is 0", ((_MESSAGE_TIMES, _MESSAGE_TIMES.replace('"createdAt": now // 10**6', '"createdAt": 0')),)),
        ("updated_before", DOCUMENTED, "a message changed before it was made", ((_MESSAGE_TIMES, _MESSAGE_TIMES.replace('"updatedAt": now // 10**6', '"updatedAt": now // 10**6 - 5')),)),
        ("updated_zero", DOCUMENTED, "a conversation changed in 1970", (('"updatedAt": conversation.updated', '"updatedAt": 0'),)),
        ("conversation_reversed", DOCUMENTED, "a conversation was made after it changed", (('            "createdAt": BORN,\n            "updatedAt": conversation.updated,', '            "createdAt": conversation.updated,\n            "updatedAt": BORN,'),)),
        ("clock_stopped", ASSUMED, "each message has the same time", ((_LATER, "self.last = self.last or time.time_ns() // 1000"),)),
        ("clock_backwards", ASSUMED, "microseconds shrink from message to message", ((_LATER, "self.last = (self.last or time.time_ns() // 1000) - 1_000"),)),
        ("clock_seconds", ASSUMED, "microseconds are whole seconds", ((_LATER, "self.last = time.time_ns() // 10**9 * 10**6"),)),
        ("clock_behind", ASSUMED, "the clock is a day late", ((_LATER, "self.last = max(self.last + 1, time.time_ns() // 1000 - 86_400 * 10**6)"),)),
        ("clock_ahead", ASSUMED, "the clock is a day ahead", ((_LATER, "self.last = max(self.last + 1, time.time_ns() // 1000 + 86_400 * 10**6)"),)),
        ("clock_of_the_sample", ASSUMED, "the clock is that of 2019", ((_LATER, "self.last = max(self.last + 1, 1_562_242_573_000_000)"),)),
        ("review_dated_1970", DOCUMENTED, "a review was made in 1970", (('"text": "",\n            "createdAt": now // 10**6,', '"text": "",\n            "createdAt": 0,'),)),
        ("review_milliseconds", DOCUMENTED, "a review is dated in milliseconds", (('"text": "",\n            "createdAt": now // 10**6,', '"text": "",\n            "createdAt": now // 1000,'),)),
        ("file_milliseconds", DOCUMENTED, "a file is dated in milliseconds", (('"createdAt": now,', '"createdAt": now * 1000,'),)),
        ("file_ahead", DOCUMENTED, "a file is dated an hour after its message", (('"createdAt": now,', '"createdAt": now + 3600,'),)),
        ("user_reversed", DOCUMENTED, "an end user changed before they came", ((f'{_WEBSOCKET}\n        "createdAt": BORN,', f'{_WEBSOCKET}\n        "createdAt": BORN + 9,'),)),
        ("agent_ahead", DOCUMENTED, "an agent was made in the future", (('        "active": True,\n        "createdAt": BORN,\n        "updatedAt": BORN,', '        "active": True,\n        "createdAt": 4 * 10**9,\n        "updatedAt": 4 * 10**9,'),)),
        ("user_1970", DOCUMENTED, "an end user came in 1970", ((f'{_WEBSOCKET}\n        "createdAt": BORN,', f'{_WEBSOCKET}\n        "createdAt": 0,'),)),
        ("bot_milliseconds", DOCUMENTED, "a bot is dated in milliseconds", (('"name": "Blinger bot",\n        "createdAt": BORN,\n        "updatedAt": BORN,', '"name": "Blinger bot",\n        "createdAt": BORN * 1000,\n        "updatedAt": BORN * 1000,'),)),
        ("conversation_ahead", DOCUMENTED, "a conversation changes tomorrow", (('"updatedAt": conversation.updated', '"updatedAt": conversation.updated + 86_400 * (conversation.updated > BORN)'),)),
        ("message_changed", DOCUMENTED, "a new message changed two minutes after it was made", ((_MESSAGE_TIMES, _MESSAGE_TIMES.replace('"updatedAt": now // 10**6', '"updatedAt": now // 10**6 + 120')),)),
        ("user_just_made", DOCUMENTED, "an end user was made when last seen", ((f'{_WEBSOCKET}\n        "createdAt": BORN,\n        "updatedAt": BORN,', f'{_WEBSOCKET}\n        "createdAt": time.time_ns() // 10**6 % 10**9,\n        "updatedAt": 10**9,'),)),
    ),
    "state": (
        ("repeat_sends", ASSUMED, "a repeated uuid sends again", (("if key in conversation.sent:", "if False:"),)),
        ("repeat_conflicts", ASSUMED, "a repeated uuid is a conflict", (("if before != content:", "if True:"),)),
        ("repeat_new_id", ASSUMED, "a repeated uuid answers the message with another id", (("            return message\n", '            return {**message, "id": new_id()}\n'),)),
        ("repeat_new_time", ASSUMED, "a repeated uuid answers the message with another time", (("            return message\n", '            now = self.now()\n            return {**message, "microseconds": now, "createdAt": now // 10**6, "updatedAt": now // 10**6}\n'),)),
        ("repeat_404", DOCUMENTED, "a repeated uuid finds nothing", (("            return message\n", '            raise Refused(404, "no")\n'),)),
        ("repeat_file_sends", ASSUMED, "a repeated uuid sends a file again", (("if key in conversation.sent:", 'if key in conversation.sent and "text" in body:'),)),
        ("repeat_forgotten", ASSUMED, "only the last uuid is remembered", ((_STORE, f"conversation.sent.clear(); {_STORE}"),)),
        ("repeat_loses_file", DOCUMENTED, "a repeated uuid answers a file message without its file", (("            return message\n", '            return {**message, "file": None}\n'),)),
        ("reuse_same", ASSUMED, "a uuid with other content answers the first message", (("if before != content:", "if False:"),)),
        ("reuse_sends", ASSUMED, "a uuid with other content sends again", ((_KEY, 'key = body["uuid"].lower() + str(body.get("text", body.get("file")))'),)),
        ("reuse_overwrites", ASSUMED, "a refused uuid takes the other content all the same", ((_CONFLICT, f"conversation.sent[key] = (content, message); {_CONFLICT}"),)),
        ("reuse_changes", ASSUMED, "a uuid with other content changes the first message", (("if before != content:", 'if before != content and "text" in body and before[0] == operation:\n                message["body"] = body["text"]\n            elif before != content:'),)),
        ("reuse_400", ASSUMED, "a uuid with other content is a bad request", ((_CONFLICT, 'raise Refused(400, "no")'),)),
        ("reuse_type_ignored", ASSUMED, "the uuid of a text sends a file", ((_KEY, 'key = operation + body["uuid"].lower()'),)),
        ("reuse_type_same", ASSUMED, "the uuid of a text answers it to a file", (("if before != content:", "if before != content and before[0] == operation:"),)),
        ("reuse_length_only", ASSUMED, "contents of one length are taken for the same", (("if before != content:", "if len(before[1]) != len(content[1]):"),)),
        ("reuse_case_ignored", ASSUMED, "contents that differ in case are taken for the same", (("if before != content:", "if before[1].lower() != content[1].lower():"),)),
        ("reuse_space_ignored", ASSUMED, "contents that differ in white space are taken for the same", (("if before != content:", "if before[1].strip() != content[1].strip():"),)),
        ("uuid_case_matters", ASSUMED, "the uuid in capitals is another one", ((_KEY, 'key = body["uuid"]'),)),
        ("uuid_begins", ASSUMED, "uuids with the same beginning are the same", ((_KEY, 'key = body["uuid"].lower()[:3]'),)),
        ("same_text_once", DOCUMENTED, "the same text under another uuid answers the first message", ((_KEY, 'key = body["text"] if "text" in body else body["uuid"].lower()'),)),
        ("same_file_once", DOCUMENTED, "the same file under another uuid answers the first message", ((_KEY, 'key = body["file"] if "file" in body else body["uuid"].lower()'),)),
        ("ids_constant", DOCUMENTED, "each message has the same id", (("return str(uuid.uuid4())", "return str(uuid.UUID(int=77, version=4))"),)),
        ("ids_of_content", DOCUMENTED, "the id of a message follows from its text", ((_MESSAGE_ID, _MESSAGE_ID.replace("new_id()", 'str(uuid.uuid5(uuid.NAMESPACE_URL, str(parts.get("body"))))')),)),
        ("ids_of_review_constant", DOCUMENTED, "each review has the same id", (('"id": new_id(),\n            "agent": assigned,', '"id": conversation.id,\n            "agent": assigned,'),)),
        ("answer_before", DOCUMENTED, "a text is answered with the message before it", ((_STORE, f'{_STORE}; before = getattr(self, "before", message); self.before = message; message = before'),)),
        ("assignment_lost", ASSUMED, "a review does not know who is assigned", ((_REVIEW_AGENT, "None"),)),
        ("assignment_first", ASSUMED, "a review names who was assigned first", ((_UNASSIGNED, _UNASSIGNED.replace("conversation.agent = agent_id", "self.first = getattr(self, 'first', agent_id)\n            conversation.agent = agent_id")), (_REVIEW_AGENT, "self.agents[self.first] if conversation.agent else None"))),
        ("assignment_other", ASSUMED, "a review names another agent", ((_REVIEW_AGENT, "self.agents[OTHER_AGENT if conversation.agent == AGENT else AGENT]"),)),
        ("assignment_toggles", ASSUMED, "assigning the same agent again takes them away", ((_UNASSIGNED, "if conversation.agent == agent_id: conversation.agent = None\n        else:\n            conversation.agent = agent_id"), (_ASSIGNED, '"assignedAgent": self.agents[agent_id],'))),
        ("assignment_by_refusal", ASSUMED, "an unknown agent takes the assigned one away", ((_NO_AGENT, f"conversation.agent = None; {_NO_AGENT}"),)),
        ("assignment_by_sending", ASSUMED, "a text takes the assigned agent away", ((_KEY, f'{_KEY}; conversation.agent = None if "text" in body else conversation.agent'),)),
        ("assignment_by_review", ASSUMED, "a review takes the assigned agent away", (('return self.message("review"', 'conversation.agent = None\n        return self.message("review"'),)),
        ("review_needs_agent", ASSUMED, "a review is refused while nobody is assigned", ((_REVIEW, f'if not conversation.agent: raise Refused(400, "no")\n            {_REVIEW}'),)),
        ("review_once", ASSUMED, "a second review is a conflict", ((_REVIEW, f'if getattr(self, "asked", None): raise Refused(409, "no")\n            self.asked = True\n            {_REVIEW}'),)),
        ("review_same", ASSUMED, "a second review answers the first", ((_REVIEW, 'self.asked = getattr(self, "asked", None) or self.review(conversation)\n            return self.asked'),)),
        ("review_locks", ASSUMED, "a review locks the conversation", ((_REVIEW, f"conversation.locked = True\n            {_REVIEW}"),)),
        ("review_answered", ASSUMED, "a new review is confirmed", (('"confirmed": False', '"confirmed": True'),)),
        ("user_new", ASSUMED, "each message has another end user", (("user = end_user(conversation.end_user)", "user = end_user(new_id())"),)),
        ("user_of_file", ASSUMED, "a file has another end user than a text", (("user = end_user(conversation.end_user)", 'user = end_user(conversation.end_user if "text" in body else AGENT)'),)),
        ("user_of_review", ASSUMED, "a review asks another end user", (('"endUser": end_user(conversation.end_user),', '"endUser": end_user(OTHER_AGENT),'),)),
        ("quota", ASSUMED, "after 30 messages there is a 429", ((_KEY, f'{_KEY}\n        if len(conversation.sent) > 30: raise Refused(429, "no")'),)),
        ("quota_500", DOCUMENTED, "after 20 messages there is a server error", ((_KEY, f'{_KEY}\n        if len(conversation.sent) > 20: raise Refused(500, "no")'),)),
        ("rate_without_retry_after", ASSUMED, "each fortieth request is a 429 that does not say when to come back", ((_AUTH, f'(setattr(self, "count", getattr(self, "count", 0) + 1) or self.count % 40 == 0) and not {_AUTH}: raise Refused(429, "no")\n        if {_AUTH}'),)),
        ("flaky_500", DOCUMENTED, "each fortieth request fails", ((_AUTH, f'(setattr(self, "count", getattr(self, "count", 0) + 1) or self.count % 40 == 0): raise Refused(500, "no")\n        if {_AUTH}'),)),
        ("agent_renamed", DOCUMENTED, "a review gives the assigned agent another name", ((_REVIEW_AGENT, '{**self.agents[conversation.agent], "name": "Zoe"} if conversation.agent else None'),)),
        ("repeat_new_user", ASSUMED, "a repeated uuid answers the message of another end user", (("            return message\n", '            return {**message, "endUser": end_user(OTHER_AGENT)}\n'),)),
        ("uuid_last_ignored", ASSUMED, "the last digit of a uuid is not compared", ((_KEY, 'key = body["uuid"].lower()[:-1]'),)),
        ("uuid_end_only", ASSUMED, "only the last half of a uuid is compared", ((_KEY, 'key = body["uuid"].lower()[18:]'),)),
        ("unauthorized_keeps_uuid", DOCUMENTED, "a uuid sent without a token is used", ((_401, f'self.conversations[CONVERSATION].sent[(re.findall(rb"[0-9a-f-]{{36}}", raw) or [b""])[0].decode()] = (("", ""), {{}}); {_401}'),)),
        ("media_type_keeps_uuid", DOCUMENTED, "a uuid sent under another media type is used", (('raise Refused(415, "send application/json")', 'self.conversations[CONVERSATION].sent[(re.findall(rb"[0-9a-f-]{36}", raw) or [b""])[0].decode()] = (("", ""), {}); raise Refused(415, "no")'),)),
        ("unknown_keeps_uuid", DOCUMENTED, "a uuid sent into an unknown conversation is used", ((_UNKNOWN, f'self.conversations[CONVERSATION].sent[str(body.get("uuid"))] = (("", ""), {{}}); {_UNKNOWN}'),)),
        ("assignment_by_file", ASSUMED, "a file takes the assigned agent away", ((_KEY, f'{_KEY}; conversation.agent = None if "file" in body else conversation.agent'),)),
        ("locked_said", ASSUMED, "a conversation that takes messages says that it is locked", (('"locked": conversation.locked', '"locked": True'),)),
        ("reuse_beginning_only", ASSUMED, "contents with the same beginning are taken for the same", (("if before != content:", "if before[1][:8] != content[1][:8]:"),)),
    ),
    "leaks": (
        ("error_in_plain_text", DOCUMENTED, "a refusal is no JSON, and holds both tokens", ((_CONTENT, f'{_CONTENT}; kind = "application/json" if status == 200 else "text/plain"\n        content = content if status == 200 else ("refused, " + websocket_token("a") + ", " + TOKEN).encode()'), (_TYPE, '"Content-Type", kind'))),
        ("token_in_error", DOCUMENTED, "an unknown conversation shows the token", ((_UNKNOWN, 'raise Refused(404, f"not found for {TOKEN}")'),)),
        ("token_in_fields", DOCUMENTED, "an invalid body shows the token", ((_SCHEMA, 'raise Refused(400, {**errors, "authorization": TOKEN})'),)),
        ("token_in_401", DOCUMENTED, "a wrong token is told the right one", ((_401, 'raise Refused(401, f"expected {TOKEN}")'),)),
        ("token_in_conflict", DOCUMENTED, "a conflict shows the token", ((_CONFLICT, 'raise Refused(409, f"{key} of {TOKEN}")'),)),
        ("token_in_405", DOCUMENTED, "another method shows the token", ((_METHOD, 'raise Refused(405, f"no {TOKEN}", Allow="POST")'),)),
        ("token_in_415", DOCUMENTED, "another media type shows the headers", (('raise Refused(415, "send application/json")', 'raise Refused(415, f"{dict(headers)}")'),)),
        ("token_in_header", DOCUMENTED, "a refusal's header shows the token", (("return refused.status, document, refused.headers", 'return refused.status, document, {**refused.headers, "X-Debug": TOKEN}'),)),
        ("token_in_200_header", DOCUMENTED, "a header of a 200 shows the token", ((_OK, 'return 200, {"status": 200, "data": data}, {"X-Token": TOKEN}'),)),
        ("token_in_cookie", DOCUMENTED, "a cookie holds the token", ((_OK, 'return 200, {"status": 200, "data": data}, {"Set-Cookie": f"token={TOKEN}"}'),)),
        ("token_in_data", DOCUMENTED, "a conversation shows the token", ((_ASSIGNED_ID, '"id": conversation.id, "apiToken": TOKEN,'),)),
        ("websocket_in_error", DOCUMENTED, "an unknown agent shows the visitor's credential", ((_NO_AGENT, "raise Refused(404, f'no agent for {end_user(conversation.end_user)}')"),)),
        ("websocket_in_conflict", DOCUMENTED, "a conflict shows the visitor's credential", ((_CONFLICT, "raise Refused(409, str(message))"),)),
        ("traceback_in_error", ASSUMED, "malformed JSON shows a traceback", ((_JSON, "raise Refused(400, __import__('traceback').format_exc()) from None"),)),
        ("traceback_of_php", ASSUMED, "an unknown agent shows a stack trace", ((_NO_AGENT, 'raise Refused(404, "Stack trace:\\n#0 /var/www/app/Agent.php(42): find()")'),)),
        ("traceback_of_java", ASSUMED, "an invalid body shows a stack trace", ((_SCHEMA, 'raise Refused(400, "java.lang.NullPointerException\\n\\tat io.blinger.Api.send(Api.java:42)")'),)),
        ("traceback_of_node", ASSUMED, "an invalid body shows a stack trace", ((_SCHEMA, 'raise Refused(400, "TypeError: x is undefined\\n    at send (/srv/app/api.js:42:7)")'),)),
        ("sql_in_error", ASSUMED, "a conflict shows the statement of the database", ((_CONFLICT, 'raise Refused(409, "SQLSTATE[23505]: duplicate key: INSERT INTO messages (uuid) VALUES (1)")'),)),
        ("token_encoded", DOCUMENTED, "an unknown conversation shows the token in base64", ((_UNKNOWN, "raise Refused(404, base64.b64encode(TOKEN.encode()).decode())"),)),
        ("token_beginning", DOCUMENTED, "a refusal shows all but the end of the token", ((_NO_AGENT, 'raise Refused(404, f"no agent for {TOKEN[:-3]}***")'),)),
        ("websocket_in_header", DOCUMENTED, "a header of a 200 shows the visitor's credential", ((_OK, 'return 200, {"status": 200, "data": data}, {"X-Socket": (data.get("endUser") or {}).get("websocketToken", "-")}'),)),
        ("websocket_twice", DOCUMENTED, "a message shows the visitor's credential outside the visitor", _message(' "socket": (parts.get("endUser") or {}).get("websocketToken"),')),
        ("path_in_error", ASSUMED, "an invalid body shows where the server's files are", ((_SCHEMA, 'raise Refused(400, "no schema in /var/www/blinger/schema.json")'),)),
        ("database_in_error", ASSUMED, "a conflict shows where the database is", ((_CONFLICT, 'raise Refused(409, "postgres://blinger:secret@db.internal/widget said no")'),)),
        ("exception_in_error", ASSUMED, "malformed JSON shows the class of an exception", ((_JSON, 'raise Refused(400, "com.fasterxml.jackson.core.JsonParseException: Unexpected end") from None'),)),
    ),
}

FAULTS = {
    name: Fault(name, category, standing, law, changes)
    for category, rows in _TABLE.items()
    for name, standing, law, changes in rows
}
"""Each fault by its name."""

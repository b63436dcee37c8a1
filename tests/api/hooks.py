"""What makes generated requests meaningful: who asks, and for what.

Schemathesis makes up ids, and an API that answers 404 to all of them has shown nothing. So most ids are replaced by those of
things that exist, and whatever is about to be deleted or changed for good is made for that request alone.

Reads from the environment: ROOM_EVENTS_SERVER, the origin of a new server, and ROOM_EVENTS_API_REPORT, the file that gets
the number of cases, and of answers of each status for each described operation.
"""

import atexit
import collections
import itertools
import json
import os
import pathlib

import requests
import schemathesis

BASE = os.environ["ROOM_EVENTS_SERVER"] + "/api/v1"
COOKIE = "VirolaUserSessionId"

ADMIN, BOB, ALICE = 1, 2, 3
LOBBY = 1

# A login hashes a password and is limited in rate: later logouts are of a session that has ended.
LOGOUTS = 3
# Of every so many cases, one keeps what was made up.
KEPT = 5
# Made-up ids below this may be those of something that the other cases need.
TAKEN = 100_000

PIXEL = (pathlib.Path(__file__).parent.parent / "fixtures" / "pixel.jpg").read_bytes()

answers = collections.defaultdict(collections.Counter)
described = set()
count = itertools.count()


def log_in(name):
    response = requests.post(f"{BASE}/login", json={"userName": name, "password": name}, timeout=30)
    response.raise_for_status()
    return response.json()["userSessionId"]


class Caller:
    """A user with a session, who makes things."""

    def __init__(self, name):
        self.session_id = log_in(name)

    def ask(self, method, path, **options):
        response = requests.request(
            method, BASE + path, cookies={COOKIE: self.session_id}, timeout=30, **options
        )
        response.raise_for_status()
        return response.json() if response.content else None

    def room(self):
        return self.ask("POST", "/rooms", json={"name": "made", "memberIds": [BOB]})["room"]["roomId"]

    def message(self, room=LOBBY, **draft):
        draft = {"content": "made", **draft}
        sent = self.ask("POST", f"/reference/rooms/{room}/messages", json={"messages": [draft]})
        return sent["messageIds"][0]

    def attachment(self, message):
        self.ask("POST", f"/messages/{message}/attachments", files={"files": ("made.txt", b"made")})
        listed = self.ask("GET", f"/rooms/{LOBBY}/messages?cursor={message - 1}&limit=1")
        return listed["messages"][0]["attachments"][-1]["attachmentId"]


admin = Caller("admin")
# Tokens are issued to somebody else, so that the one below stays good.
bob = Caller("bob")
token = admin.ask("POST", "/reference/token")["token"]
ended = log_in("admin")
requests.post(f"{BASE}/logout", cookies={COOKIE: ended}, timeout=30).raise_for_status()

lasting_message = admin.message()
lasting_issue = admin.message(messageType="Issue")
lasting_attachment = admin.attachment(lasting_message)


def existing(operation):
    """The ids that this operation can work with, by the names of its parameters."""
    method, path = operation.split(" ")
    if path.startswith("/attachments/"):
        attachment = admin.attachment(lasting_message) if method == "DELETE" else lasting_attachment
        return {"id": attachment, "fileName": "made.txt"}
    if path.startswith("/reference/messages/"):
        return {"messageId": lasting_issue}
    if path.startswith("/messages/"):
        return {"messageId": admin.message() if method == "DELETE" else lasting_message}
    if path == "/reference/users/{userId}/status":
        return {"userId": ALICE}
    # A room that somebody makes private, archives, leaves or deletes is of no use for the others.
    changes = method in ("PUT", "DELETE") and "roomId" in path
    return {"roomId": admin.room() if changes else LOBBY, "userId": BOB}


def name_of(case):
    return f"{case.method.upper()} {case.path}"


def is_id(value):
    return str(value).isdigit() and int(value) < 2**53


def is_kept(operation, number, ids):
    """Whether a case asks for what it has made up."""
    is_harmful = operation.startswith("DELETE ") or operation.endswith("/status")
    return number % KEPT == 0 and not (is_harmful and any(int(value) < TAKEN for value in ids))


@schemathesis.hook
def before_init_operation(context, operation):
    described.add(operation.label)


@schemathesis.hook
def before_call(context, case, kwargs):
    operation = name_of(case)
    number = next(count)
    parameters = case.path_parameters or {}
    ids = [value for name, value in parameters.items() if name != "fileName"]
    # What is no id stays: the server has to refuse it.
    if parameters and all(map(is_id, ids)) and not is_kept(operation, number, ids):
        known = existing(operation)
        case.path_parameters = {name: known[name] for name in parameters}
    if operation == "POST /login" and number % KEPT == 0 and isinstance(case.body, dict):
        case.body = {**case.body, "userName": "alice", "password": "alice"}
    if case.media_type == "image/jpeg" and number % KEPT:
        case.body = PIXEL
    authenticate(operation, number, case)


def authenticate(operation, number, case):
    case.headers.pop("Authorization", None)
    case.cookies = {}
    if operation == "POST /login":
        return
    if operation == "POST /logout":
        fresh = sum(answers[operation].values()) < LOGOUTS
        case.cookies[COOKIE] = log_in("admin") if fresh else ended
    elif operation == "POST /reference/token":
        case.cookies[COOKIE] = bob.session_id
    elif number % 2:
        case.cookies[COOKIE] = admin.session_id
    else:
        case.headers["Authorization"] = f"Bearer {token}"


@schemathesis.hook
def after_call(context, case, response):
    answers[name_of(case)][str(response.status_code)] += 1


@atexit.register
def report():
    with open(os.environ["ROOM_EVENTS_API_REPORT"], "w", encoding="utf-8") as file:
        cases = sum(sum(statuses.values()) for statuses in answers.values())
        operations = {operation: answers[operation] for operation in sorted(described)}
        json.dump({"cases": cases, "operations": operations}, file, indent=1)

"""A server on loopback that speaks the Hub's protocol for dataset repositories, and can fail.

    hub = Hub(); threading.Thread(target=hub.serve_forever).start()
    HF_ENDPOINT=<hub.url> HF_TOKEN=hf_write HF_HUB_DISABLE_XET=1 curate push …

What `huggingface_hub` and `datasets` ask for in pushing and loading a dataset, with the answers of
the Hub as its client reads them: https://huggingface.co/docs/hub/api and
https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md. Xet is not offered.

Each request is a step with a name (`commit`, `upload`, …). `faults[step]` lists what goes wrong at
the next requests of it: `cut` (the connection ends before anything was done), `lost` (all is done,
the answer is lost), `torn` (half of the answer), or a status with headers. `meanwhile[step]` is
called before the next request of it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

ATTRIBUTES = b"*.parquet filter=lfs diff=lfs merge=lfs -text\n"
TOKENS = {"hf_write": "write", "hf_read": "read"}
WRITES = {"create", "preupload", "batch", "commit", "tag", "branch", "unbranch", "validate"}
PAGE = 3  # entries of a tree in one answer, so that clients must follow links

_REPO = r"/api/datasets/(?P<repo>[^/]+/[^/]+)"
ROUTES = [
    ("GET", "whoami", r"/api/whoami-v2"),
    ("POST", "validate", r"/api/validate-yaml"),
    ("POST", "create", r"/api/repos/create"),
    ("GET", "refs", rf"{_REPO}/refs"),
    ("POST", "preupload", rf"{_REPO}/preupload/(?P<revision>[^/]+)"),
    ("POST", "commit", rf"{_REPO}/commit/(?P<revision>[^/]+)"),
    ("POST", "tag", rf"{_REPO}/tag/(?P<revision>[^/]+)"),
    ("POST", "branch", rf"{_REPO}/branch/(?P<name>[^/]+)"),
    ("DELETE", "unbranch", rf"{_REPO}/branch/(?P<name>[^/]+)"),
    ("GET", "tree", rf"{_REPO}/tree/(?P<revision>[^/]+)(?:/(?P<path>.*))?"),
    ("POST", "paths", rf"{_REPO}/paths-info/(?P<revision>[^/]+)"),
    ("GET", "info", rf"{_REPO}(?:/revision/(?P<revision>[^/]+))?"),
    ("POST", "batch", r"/datasets/(?P<repo>[^/]+/[^/]+)\.git/info/lfs/objects/batch"),
    ("PUT", "upload", r"/lfs/(?P<oid>\w+)"),
    ("PUT", "part", r"/lfs/(?P<oid>\w+)/(?P<number>\d+)"),
    ("POST", "complete", r"/lfs/(?P<oid>\w+)/complete"),
    ("GET", "resolve", r"/datasets/(?P<repo>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<path>.*)"),
    ("GET", "cdn", r"/cdn/(?P<oid>\w+)"),
]


def git_oid(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@dataclass(frozen=True)
class Blob:
    content: bytes
    lfs: bool

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def oid(self) -> str:
        lines = ["version https://git-lfs.github.com/spec/v1", f"oid sha256:{self.sha256}"]
        pointer = "\n".join([*lines, f"size {len(self.content)}", ""]).encode()
        return git_oid(pointer if self.lfs else self.content)

    def entry(self, path: str) -> dict[str, Any]:
        found = {"type": "file", "path": path, "size": len(self.content), "oid": self.oid}
        if self.lfs:
            found["lfs"] = {"oid": self.sha256, "size": len(self.content), "pointerSize": 130}
        return found


@dataclass
class Repo:
    """Commits by id, and the branches and tags that name them."""

    private: bool
    commits: dict[str, dict[str, Blob]] = field(default_factory=dict)
    titles: list[str] = field(default_factory=list)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def add(self, files: dict[str, Blob], title: str, branch: str = "main") -> str:
        oid = hashlib.sha1(f"{len(self.commits)} {title}".encode()).hexdigest()
        self.commits[oid] = files
        self.titles.append(title)
        self.branches[branch] = oid
        return oid

    def resolve(self, revision: str) -> str | None:
        named = self.branches.get(revision) or self.tags.get(revision)
        return named or (revision if revision in self.commits else None)

    def at(self, revision: str) -> dict[str, bytes]:
        return {path: blob.content for path, blob in self.commits[self.resolve(revision)].items()}


class Failure(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, message: str = "", url: str = "", **headers: str) -> None:
        self.status, self.body = status, {"error": message, **({"url": url} if url else {})}
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        super().__init__(message)


class Hub(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.repos: dict[str, Repo] = {}
        self.objects: dict[str, bytes] = {}  # what LFS holds, by SHA-256
        self.parts: dict[str, dict[int, bytes]] = defaultdict(dict)
        self.part_size: int | None = None  # files above it are uploaded in parts
        self.faults: dict[str, list[Any]] = defaultdict(list)
        self.meanwhile: dict[str, Callable[[], Any]] = {}
        self.steps: Counter[str] = Counter()
        self.sent: list[str] = []  # SHA-256 of the objects whose bytes were received
        self.strangers: list[str] = []  # Authorization headers that came where none belongs
        self.words = "the server's own words"  # with a status that `faults` asks for
        self.lock = threading.RLock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def cdn(self) -> str:
        """Another origin, where a token must not go."""
        return f"http://localhost:{self.server_port}/cdn"

    def make(self, name: str, private: bool = True, **files: bytes) -> Repo:
        repo = self.repos[name] = Repo(private)
        blobs = {path: Blob(content, False) for path, content in files.items()}
        repo.add({".gitattributes": Blob(ATTRIBUTES, False), **blobs}, "initial commit")
        return repo

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is no news."""


class Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_GET(self) -> None:
        self._serve()

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - named by http.server

    def log_message(self, *args: object) -> None:
        pass

    def _serve(self) -> None:
        hub, url = self.server, urlsplit(self.path)
        self.query = parse_qs(url.query)
        method = "GET" if self.command == "HEAD" else self.command
        found = (
            (step, re.fullmatch(path, url.path)) for verb, step, path in ROUTES if verb == method
        )
        step, match = next(((step, match) for step, match in found if match), ("unknown", None))
        with hub.lock:
            hub.steps[step] += 1
            fault = hub.faults[step].pop(0) if hub.faults[step] else None
            meanwhile = hub.meanwhile.pop(step, None)
        if fault == "cut":
            self.rfile.read(int(self.headers["Content-Length"] or 0) // 2)
            return
        self.body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        if meanwhile:
            meanwhile()
        headers: dict[str, str] = {"Content-Type": "application/json"}
        status, text, self.extra = 200, b"", {}
        try:
            self._fail(fault, url.path if match is None else None)
            named = {key: unquote(value) for key, value in match.groupdict().items() if value}
            with hub.lock:
                self._authorise(step, named.get("repo"))
                answer = getattr(self, step)(**named)
            text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            headers |= self.extra
            status = 206 if "Content-Range" in headers else 200
        except Failure as failure:
            status, headers = failure.status, headers | failure.headers
            text = json.dumps(failure.body).encode()
        if fault != "lost":
            self._answer(status, headers, text, torn=fault == "torn")

    def _fail(self, fault: Any, unknown: str | None) -> None:
        if isinstance(fault, tuple):
            raise Failure(fault[0], self.server.words, **fault[1])
        if unknown is not None:
            raise Failure(404, f"nothing at {unknown}")

    def _answer(self, status: int, headers: dict[str, str], text: bytes, torn: bool) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(text)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text[: len(text) // 2] if torn else text)

    def _authorise(self, step: str, name: str | None) -> None:
        given = self.headers.get("Authorization")
        if step in ("cdn", "upload", "part") and given:
            self.server.strangers.append(given)
        role = TOKENS.get((given or "").removeprefix("Bearer "))
        if given and role is None and step not in ("cdn", "upload", "part", "complete"):
            raise Failure(401, "Invalid credentials in Authorization header")
        if step in WRITES and role != "write":
            raise Failure(403 if role else 401, "You need the right to write")
        repo = self.server.repos.get(name) if name else None
        if name and (repo is None or (repo.private and role is None)):
            raise Failure(404 if role else 401, "Repository not found", X_Error_Code="RepoNotFound")

    def _commit(self, repo: str, revision: str) -> str:
        found = self.server.repos[repo].resolve(revision)
        if found is None:
            raise Failure(404, f"no revision {revision}", X_Error_Code="RevisionNotFound")
        return found

    def _files(self, repo: str, revision: str) -> dict[str, Blob]:
        return self.server.repos[repo].commits[self._commit(repo, revision)]

    # The steps. Each gives what is answered as JSON, or bytes.

    def whoami(self) -> Any:
        return {"type": "user", "name": "org", "orgs": []}

    def validate(self) -> Any:
        return {"errors": [], "warnings": []}

    def create(self) -> Any:
        wanted = json.loads(self.body)
        name = f"{wanted['organization']}/{wanted['name']}"
        url = f"{self.server.url}/datasets/{name}"
        if name in self.server.repos:
            raise Failure(409, "You already created this dataset repo", url=url)
        self.server.make(name, wanted.get("visibility") == "private")
        return {"url": url, "name": name}

    def info(self, repo: str, revision: str = "main") -> Any:
        known, sha = self.server.repos[repo], self._commit(repo, revision)
        siblings = [{"rfilename": path} for path in known.commits[sha]]
        return {"id": repo, "private": known.private, "sha": sha, "siblings": siblings}

    def refs(self, repo: str) -> Any:
        def listed(kind: str, refs: dict[str, str]) -> list[dict[str, str]]:
            names = refs.items()
            return [{"name": n, "ref": f"refs/{kind}/{n}", "targetCommit": c} for n, c in names]

        known = self.server.repos[repo]
        both = {"branches": listed("heads", known.branches), "tags": listed("tags", known.tags)}
        return {**both, "converts": []}

    def tree(self, repo: str, revision: str, path: str = "") -> Any:
        files = self._files(repo, revision)
        folders = sorted({name.rpartition("/")[0] for name in files} - {""})
        entries = [
            {"type": "directory", "path": name, "oid": git_oid(b""), "size": 0} for name in folders
        ]
        entries += [blob.entry(name) for name, blob in sorted(files.items())]
        inside = [
            entry for entry in entries if entry["path"].startswith(f"{path}/" if path else "")
        ]
        if path and not inside:
            raise Failure(404, f"no {path}", X_Error_Code="EntryNotFound")
        if self.query.get("recursive", ["false"])[0].lower() != "true":
            depth = path.count("/") + 1 if path else 0
            inside = [entry for entry in inside if entry["path"].count("/") == depth]
        start = int(self.query.get("cursor", ["0"])[0])
        if start + PAGE < len(inside):
            kept = "&".join(
                f"{key}={quote(self.query[key][0])}"
                for key in ("recursive", "expand")
                if key in self.query
            )
            here = f"{self.server.url}{urlsplit(self.path).path}?{kept}&cursor={start + PAGE}"
            self.extra["Link"] = f'<{here}>; rel="next"'
        return inside[start : start + PAGE]

    def paths(self, repo: str, revision: str) -> Any:
        wanted = parse_qs(self.body.decode())["paths"]
        files = self._files(repo, revision)
        folders = {name.rpartition("/")[0] for name in files}
        found = [files[path].entry(path) for path in wanted if path in files]
        return found + [
            {"type": "directory", "path": path, "oid": git_oid(b""), "size": 0}
            for path in wanted if path in folders and path
        ]  # fmt: skip

    def preupload(self, repo: str, revision: str) -> Any:
        files = self._files(repo, revision)

        def answer(path: str) -> dict[str, Any]:
            lfs, known = path.endswith(".parquet"), files.get(path)
            oid = (known.sha256 if known.lfs else known.oid) if known else None
            mode = "lfs" if lfs else "regular"
            return {"path": path, "uploadMode": mode, "shouldIgnore": False, "oid": oid}

        return {"files": [answer(file["path"]) for file in json.loads(self.body)["files"]]}

    def batch(self, repo: str) -> Any:
        def answer(oid: str, size: int) -> dict[str, Any]:
            if oid in self.server.objects:
                return {"oid": oid, "size": size}
            action: dict[str, Any] = {"href": f"{self.server.url}/lfs/{oid}?signature=secret"}
            if self.server.part_size and size > self.server.part_size:
                numbers = range(1, -(-size // self.server.part_size) + 1)
                parts = {
                    str(n): f"{self.server.url}/lfs/{oid}/{n}?signature=secret" for n in numbers
                }
                action["href"] = f"{self.server.url}/lfs/{oid}/complete"
                action["header"] = {"chunk_size": str(self.server.part_size), **parts}
            return {"oid": oid, "size": size, "actions": {"upload": action}}

        wanted = json.loads(self.body)["objects"]
        return {"transfer": "basic", "objects": [answer(o["oid"], o["size"]) for o in wanted]}

    def _store(self, oid: str, content: bytes) -> Any:
        if hashlib.sha256(content).hexdigest() != oid:
            raise Failure(400, "the content is not that of its SHA-256")
        self.server.objects[oid] = content
        self.server.sent.append(oid)
        return {}

    def upload(self, oid: str) -> Any:
        return self._store(oid, self.body)

    def part(self, oid: str, number: str) -> Any:
        self.server.parts[oid][int(number)] = self.body
        self.extra["ETag"] = hashlib.md5(self.body).hexdigest()
        return {}

    def complete(self, oid: str) -> Any:
        parts = self.server.parts.pop(oid)
        assert [p["partNumber"] for p in json.loads(self.body)["parts"]] == sorted(parts)
        return self._store(oid, b"".join(parts[number] for number in sorted(parts)))

    def commit(self, repo: str, revision: str) -> Any:
        known, (header, *changes) = self.server.repos[repo], map(json.loads, self.body.splitlines())
        head = known.branches.get(revision)
        if head is None:
            raise Failure(404, f"no branch {revision}", X_Error_Code="RevisionNotFound")
        if header["value"].get("parentCommit", head) != head:
            raise Failure(412, "A commit has happened since. Please refresh and try again.")
        files = dict(known.commits[head])
        for key, value in ((change["key"], change["value"]) for change in changes):
            if key == "deletedFile":
                del files[value["path"]]
            elif key == "file":
                files[value["path"]] = Blob(base64.b64decode(value["content"]), False)
            elif value["oid"] not in self.server.objects:
                raise Failure(400, f"no LFS object {value['oid']}")
            else:
                files[value["path"]] = Blob(self.server.objects[value["oid"]], True)
        oid = known.add(files, header["value"]["summary"], revision)
        return {
            "success": True,
            "commitOid": oid,
            "commitUrl": f"{self.server.url}/datasets/{repo}/commit/{oid}",
        }

    def tag(self, repo: str, revision: str) -> Any:
        tags, name = self.server.repos[repo].tags, json.loads(self.body)["tag"]
        if name in tags:
            raise Failure(409, f"Tag {name} exists already")
        tags[name] = self._commit(repo, revision)
        return {}

    def branch(self, repo: str, name: str) -> Any:
        branches = self.server.repos[repo].branches
        if name in branches:
            raise Failure(409, f"Branch {name} exists already")
        branches[name] = self._commit(repo, json.loads(self.body).get("startingPoint", "main"))
        return {}

    def unbranch(self, repo: str, name: str) -> Any:
        del self.server.repos[repo].branches[name]
        return {}

    def resolve(self, repo: str, revision: str, path: str) -> Any:
        self.extra["X-Repo-Commit"] = self._commit(repo, revision)
        blob = self._files(repo, revision).get(path)
        if blob is None:
            raise Failure(404, f"no {path}", X_Error_Code="EntryNotFound")
        if not blob.lfs:
            self.extra |= {"ETag": f'"{blob.oid}"', "Content-Type": "application/octet-stream"}
            return blob.content
        linked = {"X_Linked_ETag": f'"{blob.sha256}"', "X_Linked_Size": str(len(blob.content))}
        self.server.objects.setdefault(blob.sha256, blob.content)
        commit = self.extra["X-Repo-Commit"]
        raise Failure(
            302, X_Repo_Commit=commit, Location=f"{self.server.cdn}/{blob.sha256}", **linked
        )

    def cdn(self, oid: str) -> Any:
        content = self.server.objects[oid]
        self.extra |= {"ETag": f'"{oid}"', "Content-Type": "application/octet-stream"}
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if wanted is None:
            return content
        start, end = int(wanted[1]), int(wanted[2] or len(content) - 1)
        self.extra["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
        return content[start : end + 1]

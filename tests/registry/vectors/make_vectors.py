"""Write envelopes.json: the same inputs must give the same bytes in Python and in the browser."""

import json
from datetime import UTC, datetime
from hashlib import sha256, sha512
from pathlib import Path
from typing import Any

from ip_registry.envelopes.details import make_details
from ip_registry.envelopes.keys import OwnerKey, key_file
from ip_registry.envelopes.leaves import EMPTY_ROOT, Leaf, make_leaf
from ip_registry.envelopes.manifests import Manifest, new_file_record
from ip_registry.envelopes.openings import AuthorEntry, commitment, id_commit, make_opening, new_author

FILE = Path(__file__).with_name("envelopes.json")
CONTENTS = {
    "论文/正文.tex": "量子纠错",
    "data/a.csv": "x,y\n1,2\n",
    "data/b.csv": "",
    "readme.md": "# Readme\n",
    "Ärger.txt": "é",
    "😀.txt": "emoji",
    "ﬀ.txt": "ligature",
}
OWNER, NEXT, COINVENTOR = (OwnerKey.from_seed(bytes([number]) * 32) for number in (1, 2, 3))
REGISTRY = OwnerKey.from_seed(bytes([4]) * 32, name="guildhall.example/ip/2026")
SALT = bytes(range(32))
AFTER = (1234567, bytes(range(32, 64)))
RECORD, LAST = "ab" * 32, "cd" * 32


def vectors() -> dict[str, Any]:
    """All of them, as JSON holds them."""
    authors = [
        new_author("李雷", "lilei", salt=bytes([5]) * 16),
        new_author("Hanna Åberg", None, salt=bytes([6]) * 16),
    ]
    manifest = Manifest(_record(path, text, number) for number, (path, text) in enumerate(CONTENTS.items()))
    opening = make_opening(
        manifest_root=manifest.root,
        title="一种量子纠错方法 “q”",
        abstract="Zeile\nund \\ \t / é 😀 \u2028",
        kind="invention",
        authors=[
            AuthorEntry(id_commit=id_commit(authors[0]), key=OWNER.vkey, share="60 %"),
            AuthorEntry(id_commit=id_commit(authors[1]), key=COINVENTOR.vkey, share=None),
        ],
        owner_key=OWNER.vkey,
        ip_terms="CC BY 4.0",
        embargo="2028-02-29",
        parent=None,
        client_time=datetime(2026, 11, 26, 3, 4, 5, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    register = make_leaf(key=OWNER, type="register", c=commitment(SALT, opening), after=AFTER)
    return {
        "keys": [
            {"seed": key.seed.hex(), "name": key.vkey.split("+")[0], "vkey": key.vkey}
            for key in (OWNER, NEXT, COINVENTOR, REGISTRY)
        ],
        "key_file": {
            "seed": OWNER.seed.hex(),
            "leaf_hash": register.hash,
            "text": key_file(OWNER, register.hash).decode(),
        },
        "authors": [{"author": author.fields, "id_commit": id_commit(author)} for author in authors],
        "files": [
            {
                "path": path,
                "content": text,
                "salt": (bytes([number]) * 16).hex(),
                "text": _record(path, text, number).text,
            }
            for number, (path, text) in enumerate(CONTENTS.items())
        ],
        "manifests": [_manifest(manifest.records[:size]) for size in range(1, len(manifest.records) + 1)],
        "opening": {"fields": json.loads(opening), "text": opening, "salt": SALT.hex(), "commitment": register.c},
        "leaves": [_leaf(leaf) for leaf in [register, *_events()]],
        "details": [
            {"type": type_, "text": text, "salt": SALT.hex(), "commitment": commitment(SALT, text)}
            for type_, text in _details().items()
        ],
        "refused": _refused(register, opening, manifest),
    }


def _record(path: str, text: str, number: int) -> Any:
    data = text.encode()
    return new_file_record(
        path=path,
        size=len(data),
        sha256=sha256(data).hexdigest(),
        sha512=sha512(data).hexdigest(),
        salt=bytes([number]) * 16,
    )


def _manifest(records: Any) -> dict[str, Any]:
    manifest = Manifest(records)
    return {
        "texts": manifest.texts,
        "root": manifest.root,
        "proofs": [manifest.proof_of(record.path) for record in manifest.records],
    }


def _leaf(leaf: Leaf) -> dict[str, Any]:
    return {
        "type": leaf.type,
        "c": leaf.c,
        "k": leaf.k,
        "after": [leaf.after_size, leaf.after_root.hex()],
        "prev": leaf.prev,
        "n": leaf.n,
        "data": leaf.data.decode(),
        "hash": leaf.hash,
    }


def _events() -> list[Leaf]:
    found = [
        make_leaf(key=OWNER, type="register", c="00" * 32, after=(0, EMPTY_ROOT)),
        make_leaf(key=OWNER, type="version", c="01" * 32, after=AFTER, prev=LAST),
    ]
    for type_, text in _details().items():
        key = {"consent": COINVENTOR, "accept": NEXT, "dispute": COINVENTOR}.get(type_, OWNER)
        following = NEXT.vkey if type_ in {"assign", "key-rotate"} else None
        found.append(
            make_leaf(key=key, type=type_, c=commitment(SALT, text), after=AFTER, prev=LAST, next_key=following)
        )
    found += [make_leaf(key=REGISTRY, type=type_, c="02" * 32, after=AFTER) for type_ in ("anchor", "renew")]
    return found


def _details() -> dict[str, str]:
    return {
        "consent": make_details("consent", record=RECORD, author=1, id_commit="ee" * 32),
        "reveal": make_details("reveal", record=RECORD, scope="file", paths=["data/a.csv", "论文/正文.tex"], to=None),
        "embargo": make_details("embargo", record=RECORD, until="2027-01-31", mode="remind"),
        "assign": make_details("assign", record=RECORD, to="hanna", to_name="Hanna Åberg", note=""),
        "accept": make_details("accept", record=RECORD, assign="ff" * 32),
        "licence": make_details("licence", record=RECORD, to_name="启明", terms="非独占", exclusive=False, until=None),
        "withdraw": make_details("withdraw", record=RECORD, reason=""),
        "dispute": make_details("dispute", record=RECORD, statement="We were first.", own_record="11" * 32),
        "answer": make_details("answer", record=RECORD, dispute="22" * 32, statement="No."),
        "key-rotate": make_details("key-rotate", record=RECORD, reason="lost"),
    }


def _refused(register: Leaf, opening: str, manifest: Manifest) -> dict[str, list[str]]:
    data = register.data.decode()
    first = manifest.records[0].text
    return {
        "leaves": [
            data.replace('"t":"register"', '"t":"reveal"'),
            data.replace(',"v":1}', ',"v":1,"x":1}'),
            data.replace('"v":1}', '"v":1} '),
            data.replace('"v":1}', '"v":1.0}'),
            data.replace('"v":1}', '"v":true}'),
            data.replace('"v":1}', '"v":1,"v":1}'),
            data.replace('"prev":null,', ""),
            data.replace('"prev":null', f'"prev":"{LAST}"'),
            data.replace(register.c, register.c.upper()),
            data.replace("1234567:", "01234567:"),
            data.replace("1234567:", "1234568:"),
            data.replace("owner+", "other+"),
            data.replace('"prev":null', f'"n":"{NEXT.vkey}","prev":null'),
            data + " " * 1024,
            "[]",
            "",
        ],
        "openings": [
            opening.replace('"title":"', '"title":"two\\nlines '),
            opening.replace('"abstract":"', '"abstract":"\\u0007'),
            opening.replace('"v":1}', '"v":2}'),
            opening.replace('"kind":"invention"', '"kind":"idea"'),
            opening.replace('"embargo":"2028-02-29"', '"embargo":"2027-02-29"'),
            opening.replace("2026-11-26T03:04:05Z", "2026-11-26T03:04:05+00:00"),
            opening.replace("2026-11-26T03:04:05Z", "2026-11-26T03:04:60Z"),
            opening.replace('"abstract"', ' "abstract"'),
            opening.replace("\\t", "\\u0009"),
            opening.replace('"parent":null', '"parent":""'),
            opening.replace("一种量子纠错方法", "一" * 200),
        ],
        "records": [
            first.replace('"size":', '"size":-'),
            first.replace('"size":8', '"size":9007199254740992'),
            *(
                first.replace('"path":"data/a.csv"', f'"path":{json.dumps(path, ensure_ascii=False)}')
                for path in ("", "/a", "a//b", "a/", ".", "..", "a/../b", "a\\\\b", "C:/a", "e\u0301", "a\u0001")
            ),
        ],
        "details": [text.replace('"v":1', '"v":1,"x":null') for text in _details().values()],
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(vectors(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

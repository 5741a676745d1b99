"""Lists over REST: the framework's conventions, bounded, searched, and nothing that breaks them."""

import urllib.parse

import pytest

from app.catalog.enums import JobState
from app.catalog.loader import load_catalog
from app.models.jobs import JobRun
from app.services.listing import MAX_SIZE
from tests.support.factories import NOON, UNITS, administrator_of
from tests.support.rest import ask, fields

READABLE = {
    "organizations": "reg1",
    "accounts": "reg1",
    "permission_items": "reg1",
    "keys": "research1",
    "key_movements": "research1",
    "applications": "reg1",
    "materials": "reg1",
    "print_copies": "reg1",
    "scans": "reg1",
    "audit_events": "auditor",
    "job_runs": "system_administrator",
}


@pytest.mark.parametrize(("resource", "who"), READABLE.items())
def test_a_list_answers_in_the_framework_s_shape(rest, resource, who):
    answer = rest(who).get(f"{resource}/")
    assert answer.status_code == 200, answer.json
    told = answer.json
    assert {
        "count",
        "ids",
        "result",
        "list_columns",
        "order_columns",
        "label_columns",
        "description_columns",
        "list_title",
    } <= told.keys()
    assert told["ids"] == [row["id"] for row in told["result"]]
    assert told["count"] >= len(told["result"])


@pytest.mark.parametrize(("resource", "who"), READABLE.items())
def test_one_row_reads_as_it_does_in_the_list(rest, busy, resource, who):
    somebody = rest(who)
    row, *_others = somebody.get(f"{resource}/").json["result"]
    answer = somebody.get(f"{resource}/{row['id']}")
    assert answer.status_code == 200
    assert answer.json["id"] == row["id"]
    assert row.items() <= answer.json["result"].items()
    assert set(answer.json["show_columns"]) == answer.json["result"].keys()
    query = ask(columns=["id"], keys=["show_title"])
    narrow = somebody.get(f"{resource}/{row['id']}{query}").json
    assert narrow["result"] == {"id": row["id"]}
    assert narrow.keys() == {"id", "result", "show_title"}


@pytest.mark.rule("M4a", "M4b")
def test_the_57_items_have_the_contract_s_fields(rest):
    answer = rest("east.admin").get("permission_items/" + ask(page_size=100, keys=["none"]))
    assert answer.json["count"] == len(answer.json["result"]) == 57
    entries = {entry.code: entry for entry in load_catalog().permission_items}
    for row in answer.json["result"]:
        entry = entries.pop(row["code"])
        assert (row["annex"], row["tier"], row["category"], row["number"]) == (
            entry.annex,
            entry.tier,
            entry.category,
            entry.number,
        )
        assert (row["name_zh"], row["name_en"]) == (entry.name.zh, entry.name.en)
        assert row["acts"] == list(entry.acts)
    assert entries == {}


@pytest.mark.parametrize(
    ("col", "opr", "value", "count"),
    [
        ("tier", "eq", "district", 22),
        ("tier", "neq", "district", 35),
        ("tier", "in", ["municipal", "financial"], 17),
        ("category", "eq", "system", 2 + 1 + 2 + 3 + 2),
        ("code", "sw", "district.registration", 14),
        ("annex", "gt", 1, 22),
        ("annex", "lt", "2", 35),
        ("annex", "between", [1, 1], 35),
        ("name_zh", "ct", "楼盘表", 7),
        ("valid_until", "null", True, 57),
        ("valid_from", "gt", "2999-01-01", 0),
    ],
)
def test_filters_answer_by_the_framework_s_operators(rest, col, opr, value, count):
    query = ask(filters=[{"col": col, "opr": opr, "value": value}])
    answer = rest("reg1").get("permission_items/" + query)
    assert answer.status_code == 200, answer.json
    assert answer.json["count"] == count or (opr == "ct" and answer.json["count"] > 0)


def test_filters_join_and_json_serves_as_well(rest):
    query = (
        '{"filters":[{"col":"tier","opr":"eq","value":"district"},'
        '{"col":"category","opr":"eq","value":"registration"}]}'
    )
    answer = rest("reg1").get("permission_items/?q=" + urllib.parse.quote(query))
    assert answer.json["count"] == 14


def test_a_relation_is_filtered_by_its_key(rest, office):
    east = office.organization("east").id
    somebody = rest("reg1")
    for col, opr in (
        ("organization", "rel_o_m"),
        ("organization_id", "eq"),
    ):
        query = ask(filters=[{"col": col, "opr": opr, "value": east}])
        rows = somebody.get("accounts/" + query).json["result"]
        assert [row["login_name"] for row in rows] == [administrator_of("east")]
        assert rows[0]["organization"]["id"] == east
        assert rows[0]["organization"]["name"] == UNITS["east"].name


def test_columns_keys_and_search_narrow_what_is_told(rest):
    query = ask(columns=["login_name", "organization"], keys=["order_columns"], search="reg1")
    told = rest("reg1").get("accounts/" + query).json
    assert told["result"][0].keys() == {
        "id",
        "login_name",
        "organization_id",
        "organization",
        "state",
        "version",
    }
    assert "order_columns" in told
    assert "label_columns" not in told


def test_columns_are_named_as_the_framework_names_them(rest, office):
    somebody = rest("reg1")
    row = {"id", "state", "version"}
    for columns, told in (
        (["id"], row),
        (["version"], row),
        (["id", "name", "version"], row | {"name"}),
        (["organization.name"], row | {"organization", "organization_id"}),
        (["organization", "organization.id"], row | {"organization", "organization_id"}),
    ):
        rows = somebody.get("accounts/" + ask(columns=columns, page_size=1)).json["result"]
        assert rows[0].keys() == told, columns
    one = office.account("reg1").id
    single = somebody.get(f"accounts/{one}" + ask(columns=["id", "organization.name"]))
    assert single.json["result"].keys() == {"id", "organization"}
    for columns in (["nope"], ["organization.password"], ["name.x"], ["id.id"]):
        for address in ("accounts/", f"accounts/{one}"):
            answer = somebody.get(address + ask(columns=columns))
            assert answer.status_code == 422, (address, columns)
            assert fields(answer).keys() == set(columns)


def test_text_is_filtered_by_what_it_is_not_and_rows_by_their_key(rest):
    somebody = rest("reg1")

    def count(col: str, opr: str, value: object) -> int:
        query = ask(filters=[{"col": col, "opr": opr, "value": value}], page_size=1)
        return int(somebody.get("permission_items/" + query).json["count"])

    for opr, opposite, value in (
        ("sw", "nsw", "district"),
        ("ew", "new", "1"),
        ("ct", "nct", "tr"),
    ):
        found = count("code", opr, value)
        assert 0 < found < 57
        assert count("code", opposite, value) == 57 - found
    assert count("id", "between", [1, 3]) == 3
    filters = somebody.get("permission_items/_info").json["filters"]
    assert {"nct", "nsw", "new"} <= {it["operator"] for it in filters["code"]}
    assert "id" in filters


def test_an_order_that_no_index_serves_names_those_that_one_does(rest):
    answer = rest("auditor").get("organizations/" + ask(order_column="type"))
    assert "id, name, code" in answer.json["details"][0]["message"]


def test_pages_go_on_by_number_and_by_cursor(rest):
    somebody = rest("auditor")
    whole = somebody.get("accounts/" + ask(page_size=-1)).json["ids"]
    assert len(whole) > 15
    by_number, by_cursor, after = [], [], ""
    for page in range(len(whole) // 5):
        by_number += somebody.get("accounts/" + ask(page=page, page_size=5)).json["ids"]
        told = somebody.get("accounts/" + ask(after=after, page_size=5)).json
        by_cursor += told["ids"]
        after = told["after"] or after
    assert by_number == by_cursor == whole[: len(by_number)]


def test_orders_are_those_that_an_index_serves(rest):
    somebody = rest("auditor")
    names = [
        row["name"]
        for row in somebody.get(
            "organizations/" + ask(order_column="name", order_direction="desc")
        ).json["result"]
    ]
    assert names == sorted(names, reverse=True)
    assert somebody.get("organizations/" + ask(order_column="type")).status_code == 422


def test_a_page_is_bounded_whatever_is_asked(rest):
    somebody = rest("auditor")
    for size in (-1, 5000, 10**9):
        answer = somebody.get("audit_events/" + ask(page_size=size))
        assert answer.status_code == 200
        assert len(answer.json["result"]) <= MAX_SIZE


@pytest.mark.parametrize(
    "query",
    [
        "(",
        "!(",
        "'",
        "1",
        "!t",
        "a",
        "[1]",
        '{"a"',
        "(page:!t)",
        "(page:1.5)",
        "(page:-1)",
        "(page:abc)",
        "(page:99999999999999999999)",
        "(page_size:0)",
        "(page_size:-7)",
        "(page_size:'10')",
        "(unknown:1)",
        "(filters:1)",
        "(filters:!(1))",
        "(filters:!((col:state)))",
        "(filters:!((col:1,opr:eq,value:1)))",
        "(filters:!((col:nothing,opr:eq,value:1)))",
        "(filters:!((col:password_hash,opr:sw,value:s)))",
        "(filters:!((col:citizen_id,opr:eq,value:'110101196001010015')))",
        "(filters:!((col:citizen_id_digest,opr:eq,value:x)))",
        "(filters:!((col:epoch,opr:gt,value:0)))",
        "(filters:!((col:state,opr:eq,value:nowhere)))",
        "(filters:!((col:state,opr:ct,value:a)))",
        "(filters:!((col:state,opr:unknown,value:a)))",
        "(filters:!((col:organization_id,opr:eq,value:99999999999999999999)))",
        "(filters:!((col:organization_id,opr:eq,value:abc)))",
        "(filters:!((col:organization_id,opr:in,value:!(1,!(2)))))",
        "(filters:!((col:organization_id,opr:between,value:!(!((a:1)),2))))",
        "(filters:!((col:name,opr:ct,value:(a:1))))",
        "(filters:!((col:name,opr:ct,value:!n)))",
        "(filters:!((col:name,opr:ct,value:'')))",
        "(filters:!((col:created_at,opr:gt,value:yesterday)))",
        "(filters:!((col:created_at,opr:gt,value:'9999-12-31')))(",
        "(columns:!(password_hash))",
        "(columns:!(citizen_id_digest))",
        "(columns:!(nothing))",
        "(columns:name)",
        "(columns:!(1))",
        "(keys:!(nothing))",
        "(order_column:password_hash)",
        "(order_column:nothing)",
        "(order_column:name,order_direction:up)",
        "(after:nonsense)",
        "(after:'WyItaWQiLDFd',order_column:name)",
        "(after:WyItaWQiLCJ4Il0)",
        "(before:'%%%')",
        "(search:(a:1))",
        "(" * 3000,
        "!(" * 2000,
        "a" * 9000,
    ],
)
def test_a_bad_query_is_refused_and_never_breaks(rest, query):
    answer = rest("reg1").get("accounts/?q=" + urllib.parse.quote(query))
    assert answer.status_code in {400, 422}, answer.json
    assert {"code", "message", "rule", "article", "details"} <= answer.json.keys()


@pytest.mark.parametrize(
    "raw", ["%00", "(search:'a%00b')", "(filters:!((col:name,opr:eq,value:'%00')))"]
)
def test_a_nul_in_a_query_is_refused(rest, raw):
    assert rest("reg1").get("accounts/?q=" + raw).status_code in {400, 422}


@pytest.mark.parametrize("escaped", ["\\u0000", "\\ud800"])
def test_a_character_that_cannot_be_stored_is_refused_in_a_query(rest, escaped):
    query = '{"search":"a%sb"}' % escaped  # noqa: UP031 - braces
    answer = rest("reg1").get("accounts/?q=" + urllib.parse.quote(query))
    assert answer.status_code in {400, 422}


@pytest.mark.parametrize(("resource", "who"), READABLE.items())
def test_a_key_that_is_none_is_not_found(rest, resource, who):
    somebody = rest(who)
    for pk in ("0", "-1", "abc", "1.5", "9" * 12, "9" * 30, "9" * 5000, "%00", "１"):
        answer = somebody.get(f"{resource}/{pk}")
        assert (answer.status_code, answer.json["code"]) == (404, "not_found"), pk


@pytest.mark.rule("M5")
def test_a_personal_number_is_masked_in_lists_and_rows(rest, office):
    account = office.account("east.admin")
    somebody = rest("reg1")
    row = somebody.get(f"accounts/{account.id}").json["result"]
    assert account.citizen_id not in str(row)
    assert row["citizen_id"].startswith(account.citizen_id[:3])
    assert "*" in row["citizen_id"]
    listed = somebody.get("accounts/" + ask(search="east.admin")).json["result"][0]
    assert listed["citizen_id"] == row["citizen_id"]


@pytest.mark.parametrize(
    "column",
    ["password_hash", "citizen_id_digest", "epoch", "login_key"],
)
def test_no_secret_of_an_account_is_ever_told(rest, column):
    somebody = rest("auditor")
    assert all(column not in row for row in somebody.get("accounts/").json["result"])
    assert column not in somebody.get("accounts/_info").json["label_columns"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "organizations/1"),
        ("DELETE", "accounts/1"),
        ("DELETE", "keys/1"),
        ("DELETE", "applications/1"),
        ("DELETE", "audit_events/1"),
        ("PUT", "keys/1"),
        ("PUT", "audit_events/1"),
        ("PUT", "permission_items/1"),
        ("POST", "permission_items/"),
        ("POST", "key_movements/"),
        ("POST", "audit_events/"),
        ("PATCH", "accounts/1"),
        ("PUT", "materials/1"),
    ],
)
def test_what_the_product_does_not_allow_is_no_method(rest, method, path):
    answer = rest("auditor").ask(method, path, json={})
    assert (answer.status_code, answer.json["code"]) == (405, "method_not_allowed")
    assert method not in answer.headers["Allow"]


def test_the_trail_is_the_auditors_alone_and_found_by_record(rest, office):
    identity = office.submitted("east")
    query = ask(
        filters=[
            {"col": "subject_type", "opr": "eq", "value": "application"},
            {"col": "subject_id", "opr": "eq", "value": identity},
        ]
    )
    events = rest("auditor").get("audit_events/" + query).json["result"]
    assert [event["tag"] for event in events] == ["application:submitted", "application:drafted"]
    assert events[0]["new"]["state"] == "submitted"
    assert events[0]["rule"] == "M5.1"
    for login in ("reg1", "east.admin", "system_administrator", "security_administrator"):
        assert rest(login).get("audit_events/").status_code == 403


def test_an_unknown_filter_names_its_column(rest):
    query = ask(filters=[{"col": "state", "opr": "eq", "value": "nowhere"}])
    assert fields(rest("reg1").get("accounts/" + query)) == {"state": "unfit_value"}


def test_runs_of_jobs_tell_their_counts(rest, office, session):
    session.add(
        JobRun(
            job="suspend-inactive",
            period="2026-H1",
            worker="host:1",
            state=JobState.DONE,
            started_at=NOON,
            beat_at=NOON,
            finished_at=NOON,
            done=3,
            counts={"suspended": 3},
        )
    )
    session.commit()
    (row,) = rest("auditor").get("job_runs/").json["result"]
    assert (row["job"], row["state"], row["counts"]) == (
        "suspend-inactive",
        "done",
        {"suspended": 3},
    )
    assert rest("east.admin").get("job_runs/").json["result"] == []

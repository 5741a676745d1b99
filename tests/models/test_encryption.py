"""Sealed columns: what is stored, what opens it, what does not (M5, 第五条)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    insert,
    select,
    text,
    type_coerce,
    types,
    update,
)
from sqlalchemy.orm import Session, registry

from app.models import encryption
from app.models.encryption import (
    EncryptedText,
    EncryptionError,
    KeysNotConfiguredError,
    blind_index,
    blind_index_candidates,
    configure,
    decrypt,
    encrypt,
    needs_rotation,
    rotate,
)

NEW_KEY = "n" * 32
OLD_KEY = "o" * 32
NUMBER = "110101199003078515"

metadata = MetaData()
people = Table(
    "people",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("citizen_id", EncryptedText("people.citizen_id")),
    Column("passport", EncryptedText("people.passport")),
    Column("citizen_id_digest", String(64), unique=True),
)


class Person:
    """Mapped below, to see the type through the ORM as well."""


registry().map_imperatively(Person, people)


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    monkeypatch.setattr(encryption, "_ring", encryption._KeyRing())
    configure(OLD_KEY)


@pytest.fixture
def database_file(tmp_path):
    return tmp_path / "people.db"


@pytest.fixture
def connection(database_file):
    engine = create_engine(f"sqlite:///{database_file}")
    metadata.create_all(engine)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def add_person(connection, number=NUMBER, **values):
    digest = blind_index(number, "citizen_id")
    connection.execute(insert(people).values(citizen_id=number, citizen_id_digest=digest, **values))


def stored(connection, column=people.c.citizen_id):
    return connection.scalars(select(type_coerce(column, types.LargeBinary))).all()


def store_raw(connection, value, column="citizen_id"):
    connection.execute(text(f"UPDATE people SET {column} = :value"), {"value": value})


def test_a_value_comes_back_as_it_was(connection):
    add_person(connection)
    assert connection.scalar(select(people.c.citizen_id)) == NUMBER


def test_a_missing_value_stays_missing(connection):
    add_person(connection, passport=None)
    assert connection.scalar(select(people.c.passport)) is None
    assert connection.scalars(select(people.c.id).where(people.c.passport.is_(None))).all() == [1]
    assert connection.scalars(select(people.c.id).where(people.c.citizen_id != None)).all() == [1]  # noqa: E711 - the very spelling under test


def test_the_orm_reads_and_writes_sealed_columns(connection):
    with Session(connection) as session:
        person = Person()
        person.citizen_id = NUMBER
        session.add(person)
        session.flush()
        session.expire_all()
        assert session.scalars(select(Person)).one().citizen_id == NUMBER
        person.citizen_id = "110101199003071233"
        session.flush()
        session.expire_all()
        assert person.citizen_id == "110101199003071233"


@pytest.mark.rule("M5")
def test_the_database_file_holds_no_plaintext(connection, database_file):
    add_person(connection, passport="E12345678")
    connection.commit()
    files = database_file.parent.glob(f"{database_file.name}*")  # the write-ahead log as well
    content = b"".join(path.read_bytes() for path in files)
    assert blind_index(NUMBER, "citizen_id").encode() in content
    assert NUMBER.encode() not in content
    assert NUMBER[6:14].encode() not in content
    assert b"E12345678" not in content


def test_the_same_number_is_sealed_differently_each_time():
    first, second = encrypt(NUMBER, "a"), encrypt(NUMBER, "a")
    assert first != second
    assert decrypt(first, "a") == decrypt(second, "a") == NUMBER


@given(st.text(), st.text())
def test_whatever_is_sealed_opens(value, context):
    try:
        value.encode()
        context.encode()
    except UnicodeEncodeError:
        return
    assert decrypt(encrypt(value, context), context) == value


@pytest.mark.parametrize("position", range(51))
def test_no_byte_can_be_changed_unseen(connection, position):
    add_person(connection)
    (sealed,) = stored(connection)
    assert len(sealed) == 51
    changed = bytearray(sealed)
    changed[position] ^= 1
    store_raw(connection, bytes(changed))
    with pytest.raises(EncryptionError) as caught:
        connection.scalar(select(people.c.citizen_id))
    assert NUMBER not in str(caught.value)


@pytest.mark.parametrize("value", [b"", b"\x01", NUMBER.encode(), b"\x02" * 60])
def test_what_was_never_sealed_is_refused(connection, value):
    add_person(connection)
    store_raw(connection, value)
    with pytest.raises(EncryptionError, match=r"people\.citizen_id"):
        connection.scalar(select(people.c.citizen_id))


def test_a_sealed_value_moved_to_another_column_does_not_open(connection):
    add_person(connection)
    (sealed,) = stored(connection)
    store_raw(connection, sealed, column="passport")
    assert connection.scalar(select(people.c.citizen_id)) == NUMBER
    with pytest.raises(EncryptionError, match="another column"):
        connection.scalar(select(people.c.passport))


def test_another_key_does_not_open_a_value():
    sealed = encrypt(NUMBER, "a")
    configure(NEW_KEY)
    with pytest.raises(EncryptionError, match="no key with id"):
        decrypt(sealed, "a")


@pytest.mark.parametrize(
    "compare",
    [
        lambda column: column == NUMBER,
        lambda column: column != NUMBER,
        lambda column: column.in_([NUMBER]),
        lambda column: column.like("110101%"),
        lambda column: column < NUMBER,
        lambda column: column.desc(),
    ],
)
def test_a_sealed_column_cannot_be_compared(compare):
    with pytest.raises(TypeError, match="blind index"):
        compare(people.c.citizen_id)


def test_without_keys_nothing_is_sealed_opened_or_looked_up():
    sealed = encrypt(NUMBER, "a")
    encryption.forget_keys()
    for act in (
        lambda: encrypt(NUMBER, "a"),
        lambda: decrypt(sealed, "a"),
        lambda: blind_index(NUMBER, "a"),
    ):
        with pytest.raises(KeysNotConfiguredError):
            act()


@pytest.mark.parametrize("field_key", ["", "short", f"{NEW_KEY},", f"{NEW_KEY},short"])
def test_a_weak_key_is_refused_and_the_old_ones_stay(field_key):
    sealed = encrypt(NUMBER, "a")
    with pytest.raises(ValueError, match="32 bytes"):
        configure(field_key)
    assert decrypt(sealed, "a") == NUMBER


def test_keys_may_be_given_as_bytes():
    sealed = encrypt(NUMBER, "a")
    configure(OLD_KEY.encode())
    assert decrypt(sealed, "a") == NUMBER
    configure([NEW_KEY.encode(), OLD_KEY.encode()])
    assert decrypt(sealed, "a") == NUMBER
    assert needs_rotation(sealed)


def test_the_same_key_twice_is_refused():
    with pytest.raises(ValueError, match="twice"):
        configure(f"{NEW_KEY}, {NEW_KEY}")


def test_keys_do_not_appear_in_representations():
    assert OLD_KEY not in repr(encryption._ring.current)
    assert encryption._ring.current.digest_key.hex() not in repr(encryption._ring.current)


@pytest.mark.rule("M5")
def test_equal_numbers_have_equal_digests_and_nothing_else_has():
    digest = blind_index(NUMBER, "citizen_id")
    assert digest == blind_index(NUMBER, "citizen_id")
    assert len(digest) == 64
    assert digest != blind_index("110101199003071233", "citizen_id")
    assert digest != blind_index(NUMBER, "passport")
    configure(NEW_KEY)
    assert digest != blind_index(NUMBER, "citizen_id")


def test_context_and_text_do_not_run_into_each_other():
    assert blind_index("bc", "a") != blind_index("c", "ab")


def test_an_old_key_still_opens_and_still_finds(connection):
    add_person(connection)
    old_digest = blind_index(NUMBER, "citizen_id")
    configure(f"{NEW_KEY},{OLD_KEY}")
    assert connection.scalar(select(people.c.citizen_id)) == NUMBER
    assert blind_index_candidates(NUMBER, "citizen_id") == (
        blind_index(NUMBER, "citizen_id"),
        old_digest,
    )


def test_rotation_renews_every_seal_and_digest_once(connection):
    numbers = [f"11010119900307{n:04}" for n in range(7)]
    for number in numbers:
        add_person(connection, number)
    connection.execute(insert(people).values(citizen_id=None))
    configure(f"{NEW_KEY},{OLD_KEY}")
    add_person(connection, NUMBER)
    assert sum(map(needs_rotation, filter(None, stored(connection)))) == 7

    arguments = {"digest": people.c.citizen_id_digest, "digest_context": "citizen_id", "batch": 3}
    assert rotate(connection, people.c.citizen_id, **arguments) == 7
    assert rotate(connection, people.c.citizen_id, **arguments) == 0

    configure(NEW_KEY)
    rows = connection.execute(
        select(people.c.citizen_id, people.c.citizen_id_digest).order_by(people.c.id)
    ).all()
    assert rows == [
        *((number, blind_index(number, "citizen_id")) for number in numbers),
        (None, None),
        (NUMBER, blind_index(NUMBER, "citizen_id")),
    ]


def test_rotation_stops_at_a_value_that_was_altered(connection):
    add_person(connection)
    (sealed,) = stored(connection)
    store_raw(connection, sealed[:-1] + bytes([sealed[-1] ^ 1]))
    configure(f"{NEW_KEY},{OLD_KEY}")
    with pytest.raises(EncryptionError):
        rotate(connection, people.c.citizen_id)


def test_rotation_refuses_a_plain_column_and_a_digest_without_context(connection):
    with pytest.raises(TypeError):
        rotate(connection, people.c.citizen_id_digest)
    with pytest.raises(TypeError):
        rotate(connection, people.c.citizen_id, digest=people.c.citizen_id_digest)


def test_an_update_seals_again(connection):
    add_person(connection)
    before = stored(connection)
    connection.execute(update(people).values(citizen_id=NUMBER))
    assert stored(connection) != before

"""Blocks are found whole, once and only of their own session, whatever lies between them."""

import pytest

from rehabsim.session.block import BlockEncoder, BlockFile, ending, in_order

TEXTS = {"header": "json", "events": "json"}
COUNT = 20


def encoder(boot_id="a"):
    return BlockEncoder([], TEXTS, boot_id, 10**18)


def pieces(boot_id="a", count=COUNT):
    """Return the opening and the blocks of a file."""
    made = encoder(boot_id)
    blocks = [
        made.block(
            n, 16 * n, 16 * (n + 1), [("events", 16 * n, f"event {n} of {boot_id}".encode())]
        )
        for n in range(1, count + 1)
    ]
    return made.opening(b"{}"), blocks


def texts(content):
    file = BlockFile(content)
    return [
        m.data.decode() for b in file.blocks for name, _, m in file.messages(b) if name != "header"
    ]


def test_all_that_was_written_is_found():
    opening, blocks = pieces()
    file = BlockFile(opening + b"".join(blocks) + ending())
    assert [b.number for b in file.blocks] == list(range(COUNT + 1))
    assert (file.is_complete, file.damaged_bytes) == (True, 0)
    assert [(b.start_ns, b.t_ns) for b in file.blocks[1:3]] == [(16, 32), (32, 48)]


def test_any_flipped_byte_costs_the_block_that_it_is_in_and_no_other():
    opening, blocks = pieces(count=3)
    whole = opening + b"".join(blocks)
    start, end = len(opening) + len(blocks[0]), len(whole) - len(blocks[2])
    for place in range(start, end):
        content = bytearray(whole)
        content[place] ^= 0x55
        found = texts(bytes(content))
        assert found in (
            ["event 1 of a", "event 3 of a"],
            # The times in a chunk's head are in no checksum, and nothing is made from them.
            ["event 1 of a", "event 2 of a", "event 3 of a"],
        )
        assert len(found) == 2 or place < start + 25
        assert BlockFile(bytes(content)).damaged_bytes == (len(blocks[1]) if len(found) == 2 else 0)


def test_a_whole_block_of_another_session_is_not_taken():
    opening, blocks = pieces()
    _, others = pieces("b")
    assert len(others[4]) == len(blocks[4])
    blocks[4] = others[4]
    assert "event 5 of b" not in texts(opening + b"".join(blocks))
    assert len(texts(opening + b"".join(blocks))) == COUNT - 1


def test_a_block_is_taken_once():
    opening, blocks = pieces()
    content = opening + b"".join(blocks[:3] + blocks[1:])
    assert texts(content) == texts(opening + b"".join(blocks))


@pytest.mark.parametrize("dirt", [b"", b"\0" * 5000, b"\x06" * 77, bytes(range(256)) * 9])
def test_blocks_behind_dirt_are_found(dirt):
    opening, blocks = pieces()
    content = opening + b"".join(blocks[:7]) + dirt + b"".join(blocks[7:])
    assert len(texts(content)) == COUNT
    assert BlockFile(content).damaged_bytes == len(dirt)


def test_what_is_no_file_of_blocks_is_refused():
    opening, _ = pieces()
    for content in (b"", b"\x89MCAP0\r\n", opening[:40], opening[:-1], b"x" * 500, ending()):
        with pytest.raises(ValueError, match=r"whole|begin|blocks|damaged"):
            BlockFile(content)


def test_several_files_give_each_block_once_and_in_order():
    opening, blocks = pieces()
    torn = bytearray(blocks[8])
    torn[-1] ^= 1
    first = BlockFile(opening + b"".join(blocks[:8]) + bytes(torn) + blocks[9])
    second = BlockFile(opening + b"".join(blocks[6:]))
    found = list(in_order([first, second]))
    assert [block.number for _, block in found] == list(range(COUNT + 1))
    assert [file for file, block in found if block.number == 9] == [second]

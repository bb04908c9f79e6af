"""One segment from several: their postings are read in pieces, put in order and written again, never all at once."""

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from search_index.engines.whoosh_build import FieldWriter, id_type, write_columns
from search_index.engines.whoosh_file import Array, FileWriter
from search_index.engines.whoosh_segment import FIELDS, SCORED, Segment

TERMS_AT_ONCE = 8_192
POSTINGS_AT_ONCE = 50_000


def write_merged(path: Path, segments: Sequence[tuple[Segment, Array]]) -> int:
    """One segment of the living documents of several; `segments` go with a mask of who lives."""
    out = FileWriter(path)
    try:
        maps: list[Array] = []
        count = 0
        for _, living in segments:
            numbers = np.cumsum(living) - 1 + count
            maps.append(np.where(living, numbers, -1))
            count += int(living.sum())
        for field in FIELDS:
            _merge_field(out, field, [segment for segment, _ in segments], maps, count)
        for field in SCORED:
            out.add(f"d.{field}", np.concatenate([each.lengths(field)[living] for each, living in segments]))
        keys = [each.key(number) for each, living in segments for number in np.flatnonzero(living).tolist()]
        prints = [each.file.read("d.prints").reshape(-1, 16)[living] for each, living in segments]
        write_columns(
            out,
            keys,
            np.concatenate(prints).tobytes(),
            np.concatenate([each.at[living] for each, living in segments]),
            np.concatenate([each.weight[living] for each, living in segments]),
        )
        out.finish()
    finally:
        out.discard()
    return count


def _merge_field(out: FileWriter, field: str, segments: Sequence[Segment], maps: Sequence[Array], count: int) -> None:
    dictionaries = [segment.terms[field] for segment in segments]
    times_type = np.dtype("u1")
    if field in SCORED:
        times_type = max((segment.file.dtype(f"{field}.times") for segment in segments), key=lambda kind: kind.itemsize)
    writing = FieldWriter(out, field, id_type(count), times_type)
    largest = max(dictionaries, key=len)
    begins = [0] * len(segments)
    step = max(1, TERMS_AT_ONCE // max(1, len(segments)))
    for pivot in [*range(step, len(largest), step), None]:
        if pivot is None:
            ends = [len(dictionary) for dictionary in dictionaries]
        else:
            key = largest.key(pivot)
            ends = [dictionary.position(key) for dictionary in dictionaries]
        _merge_terms(writing, field, segments, maps, list(zip(begins, ends, strict=True)))
        begins = ends


def _merge_terms(
    writing: FieldWriter,
    field: str,
    segments: Sequence[Segment],
    maps: Sequence[Array],
    ranges: Sequence[tuple[int, int]],
) -> None:
    """Merge the terms of these ranges, which hold the same keys; parted where they have too many postings for once."""
    parts = [segment.terms[field].keys(*part) for segment, part in zip(segments, ranges, strict=True)]
    keys = sorted(set().union(*parts))
    rank = {key: number for number, key in enumerate(keys)}
    ranks = [np.fromiter(map(rank.__getitem__, part), np.int64, len(part)) for part in parts]
    holding = np.zeros(len(keys), np.int64)
    for segment, part, numbers in zip(segments, ranges, ranks, strict=True):
        starts = segment.terms[field].starts_array[part[0] : part[1] + 1].astype(np.int64)
        holding[numbers] += np.diff(starts)
    batches = (np.cumsum(holding) - holding) // POSTINGS_AT_ONCE
    cuts = [0, *(np.flatnonzero(np.diff(batches)) + 1).tolist(), len(keys)]
    for low, high in itertools.pairwise(cuts):
        if low < high:
            piece = [
                (
                    segment,
                    mapped,
                    part[0] + int(np.searchsorted(numbers, low)),
                    numbers[(numbers >= low) & (numbers < high)],
                )
                for segment, mapped, part, numbers in zip(segments, maps, ranges, ranks, strict=True)
            ]
            _merge_postings(writing, field, keys[low:high], low, piece)


def _merge_postings(
    writing: FieldWriter,
    field: str,
    keys: Sequence[bytes],
    low: int,
    piece: Sequence[tuple[Segment, Array, int, Array]],
) -> None:
    """The postings of these keys from every segment, in order of term and document."""
    terms, ids, times, places = [], [], [], []
    for segment, mapped, first, numbers in piece:
        if not len(numbers):
            continue
        last = first + len(numbers)
        starts = segment.terms[field].starts_array[first : last + 1].astype(np.int64)
        own = mapped[segment.file.read(f"{field}.ids", int(starts[0]), int(starts[-1]))]
        lives = own >= 0
        terms.append(np.repeat(numbers - low, np.diff(starts))[lives])
        ids.append(own[lives])
        if field in SCORED:
            often = segment.file.read(f"{field}.times", int(starts[0]), int(starts[-1])).astype(np.int64)
            begin = int(segment.file.read(f"{field}.pstarts", first, first + 1)[0])
            end = int(segment.file.read(f"{field}.pstarts", last, last + 1)[0])
            where = segment.file.read(f"{field}.places", begin, end)
            places.append(where if lives.all() else where[np.repeat(lives, often)])
            times.append(often[lives])
    all_terms = np.concatenate(terms)
    order = np.argsort(all_terms, kind="stable")
    holding = np.bincount(all_terms, minlength=len(keys))
    nothing = np.empty(0, np.int64)
    if field not in SCORED:
        writing.add(keys, holding, np.concatenate(ids)[order], nothing, nothing)
        return
    all_times = np.concatenate(times)
    begins = np.cumsum(all_times) - all_times
    moved = all_times[order]
    index = np.arange(int(moved.sum())) + np.repeat(begins[order] - (np.cumsum(moved) - moved), moved)
    writing.add(keys, holding, np.concatenate(ids)[order], moved, np.concatenate(places)[index])

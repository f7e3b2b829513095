//! Pauses of hosts, and what recurs on their pages.
//!
//! The blocks of a host are one packed row: 12 bytes a block, sorted by hash, so that what a page adds
//! is one merge. The row is bounded and ages: when a host has shown many pages all counts are halved,
//! so that what a site no longer prints is forgotten.

use super::Failure;
use super::apply::optional;
use crate::{clock, column::Micros};
use jiff::Timestamp;
use rusqlite::{Connection, params};
use wirewatch_model::{BlockHash, HostMemory, HostObservation, HostPause};

/// Blocks kept of one host.
const MOST_BLOCKS: usize = 2_000;
/// What is left when there are more, so that sorting them out is rare.
const AFTER_SORTING_OUT: usize = 1_500;
/// Pages after which a host's counts are halved.
const PAGES_BEFORE_HALVING: u32 = 1_000;
/// Bytes of one block: hash, pages, age.
const PACKED: usize = 12;

/// Keeps the longer of two pauses, and how often the host asked: strikes end by [relief](HostPause::is_relief)
/// alone, never because a host that is merely busy has none to tell of.
pub(super) fn pause(connection: &Connection, pause: &HostPause) -> Result<(), Failure> {
    connection
        .prepare_cached(
            "INSERT INTO host (host, paused_until, pause_reason, strikes) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (host) DO UPDATE SET
                pause_reason = CASE WHEN coalesce(held_until, paused_until) >= ?2 THEN pause_reason ELSE ?3 END,
                paused_until = max(coalesce(held_until, paused_until, ?2), ?2), held_until = NULL,
                strikes = CASE WHEN ?5 THEN 0 ELSE max(strikes, ?4) END",
        )?
        .execute(params![pause.host, Micros(pause.until), pause.reason, pause.strikes, pause.is_relief()])?;
    Ok(())
}

/// Holds pauses that end later than any host is granted: they were noted by a clock that was ahead, or the
/// clock is behind now. Which of the two, the time will tell.
pub(super) fn hold(connection: &Connection, now: Timestamp) -> Result<(), Failure> {
    connection
        .prepare_cached("UPDATE host SET held_until = ?1 WHERE paused_until > ?1 AND held_until IS NULL")?
        .execute([Micros(clock::latest_wait(now))])?;
    Ok(())
}

/// A host answered one who is not the owner as it should: its strikes are over, unless it has asked for
/// a pause meanwhile.
pub(super) fn relieve(connection: &Connection, host: &str, at: Timestamp) -> Result<(), Failure> {
    connection
        .prepare_cached(
            "UPDATE host SET strikes = 0 WHERE host = ?1 AND coalesce(held_until, paused_until, 0) <= ?2",
        )?
        .execute(params![host, Micros(at)])?;
    Ok(())
}

/// Adds what pages of a host showed, each page counted once.
pub(super) fn observe(
    connection: &Connection,
    host: &str,
    observations: &[&HostObservation],
) -> Result<(), Failure> {
    let stored = optional(
        connection
            .prepare_cached("SELECT pages, blocks FROM host_block WHERE host = ?1")?
            .query_row([host], |row| Ok((row.get::<_, u32>(0)?, unpack(row.get_ref(1)?.as_blob()?)))),
    )?;
    let (mut pages, mut blocks) = stored.unwrap_or_default();
    for observation in observations {
        pages = add_page(&mut blocks, pages, &observation.blocks);
    }
    connection
        .prepare_cached(
            "INSERT INTO host_block VALUES (?1, ?2, ?3)
             ON CONFLICT (host) DO UPDATE SET pages = ?2, blocks = ?3",
        )?
        .execute(params![host, pages, pack(&blocks)])?;
    Ok(())
}

/// The memory of a host as the cleaner wants it.
pub(crate) fn memory(pages: u32, packed: &[u8]) -> HostMemory {
    let blocks = unpack(packed);
    HostMemory {
        pages,
        blocks: blocks.iter().map(|block| (BlockHash(block.hash), u32::from(block.pages))).collect(),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Block {
    hash: u64,
    /// Pages on which it stood.
    pages: u16,
    /// The count of pages when it was last seen, in its lowest 16 bits.
    seen: u16,
}

fn add_page(blocks: &mut Vec<Block>, pages: u32, page: &[BlockHash]) -> u32 {
    let mut pages = pages + 1;
    let seen = (pages & 0xFFFF) as u16;
    let mut fresh: Vec<u64> = page.iter().map(|block| block.0).collect();
    fresh.sort_unstable();
    fresh.dedup();
    let known = blocks.len();
    for hash in fresh {
        match blocks[..known].binary_search_by_key(&hash, |block| block.hash) {
            Ok(at) => blocks[at] = Block { hash, pages: blocks[at].pages.saturating_add(1), seen },
            Err(_) => blocks.push(Block { hash, pages: 1, seen }),
        }
    }
    if pages >= PAGES_BEFORE_HALVING {
        pages /= 2;
        let seen = (pages & 0xFFFF) as u16;
        blocks.retain_mut(|block| {
            *block = Block { pages: block.pages / 2, seen, ..*block };
            block.pages > 0
        });
    }
    if blocks.len() > MOST_BLOCKS {
        let now = (pages & 0xFFFF) as u16;
        // Rarest and longest unseen go first.
        blocks.sort_unstable_by_key(|block| {
            (std::cmp::Reverse(block.pages), now.wrapping_sub(block.seen), block.hash)
        });
        blocks.truncate(AFTER_SORTING_OUT);
    }
    blocks.sort_unstable_by_key(|block| block.hash);
    pages
}

fn pack(blocks: &[Block]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(blocks.len() * PACKED);
    for block in blocks {
        packed.extend_from_slice(&block.hash.to_le_bytes());
        packed.extend_from_slice(&block.pages.to_le_bytes());
        packed.extend_from_slice(&block.seen.to_le_bytes());
    }
    packed
}

fn unpack(packed: &[u8]) -> Vec<Block> {
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0u64, |sum, byte| (sum << 8) | u64::from(*byte));
    packed
        .chunks_exact(PACKED)
        .map(|block| Block {
            hash: number(&block[..8]),
            pages: number(&block[8..10]) as u16,
            seen: number(&block[10..12]) as u16,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn page(blocks: impl IntoIterator<Item = u64>) -> Vec<BlockHash> {
        blocks.into_iter().map(BlockHash).collect()
    }

    proptest! {
        #[test]
        fn blocks_survive_packing(blocks in prop::collection::vec(any::<(u64, u16, u16)>(), 0..50)) {
            let blocks: Vec<Block> =
                blocks.into_iter().map(|(hash, pages, seen)| Block { hash, pages, seen }).collect();
            prop_assert_eq!(unpack(&pack(&blocks)), blocks);
        }
    }

    #[test]
    fn a_block_is_counted_once_a_page() {
        let mut blocks = Vec::new();
        let mut pages = 0;
        for own in 10..14 {
            pages = add_page(&mut blocks, pages, &page([7, own, 7]));
        }
        assert_eq!(pages, 4);
        let memory = memory(pages, &pack(&blocks));
        assert!(memory.is_furniture(BlockHash(7)));
        assert_eq!(memory.blocks[&BlockHash(7)], 4);
        assert_eq!(memory.blocks[&BlockHash(12)], 1);
    }

    #[test]
    fn inv10_a_host_stays_bounded_and_keeps_what_recurs() {
        let mut blocks = Vec::new();
        let mut pages = 0;
        for number in 0..3_000u64 {
            pages = add_page(&mut blocks, pages, &page((1..40).map(|own| number * 100 + own).chain([7])));
            assert!(blocks.len() <= MOST_BLOCKS);
            assert!(pages < PAGES_BEFORE_HALVING);
        }
        assert!(memory(pages, &pack(&blocks)).is_furniture(BlockHash(7)));
    }
}

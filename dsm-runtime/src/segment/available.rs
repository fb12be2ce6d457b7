//! How much more memory this process may fill, and what stands in the way.
//!
//! The answer is the least of several bounds: the machine's available memory with swap, the limits of the cgroup and of
//! its ancestors less their use, and the limits on address space and on the size of a file. Files that are absent or
//! unreadable bound nothing. The answer is a snapshot, not a promise: others take memory too.
//!
//! Not looked at: strict overcommit (`vm.overcommit_memory = 2`), the size of `/dev/shm`, huge pages, and the swap that
//! a version 1 cgroup may use beyond its memory.

use std::fs;

use nix::libc::RLIM_INFINITY;
use nix::sys::resource::{Resource, getrlimit};

/// What [`available`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Available {
    /// The bytes that may still be filled.
    pub bytes: u64,
    /// The bound that is the least, in words for an error message.
    pub limit: &'static str,
}

/// The memory that a new segment may fill, as of now.
pub(crate) fn available() -> Available {
    let meminfo = read("/proc/meminfo").unwrap_or_default();
    let own_cgroup = read("/proc/self/cgroup").unwrap_or_default();
    let status = read("/proc/self/status").unwrap_or_default();
    let swap_free = kib_field(&meminfo, "SwapFree").unwrap_or(0);
    let in_cgroup = cgroup(&own_cgroup, swap_free, read);
    let in_address_space = address_space(soft_limit(Resource::RLIMIT_AS), &status);
    least([
        (machine(&meminfo), "available memory with swap"),
        (in_cgroup, "the memory limit of this cgroup"),
        (in_address_space, "RLIMIT_AS"),
        // A memfd is a file, so this limit holds for its size, whatever else was written.
        (soft_limit(Resource::RLIMIT_FSIZE), "RLIMIT_FSIZE"),
    ])
}

/// The memory of this machine in bytes, without swap, used or not; 0 if the system doesn't tell.
pub(crate) fn total_memory() -> u64 {
    let meminfo = read("/proc/meminfo").unwrap_or_default();
    kib_field(&meminfo, "MemTotal").unwrap_or(0)
}

/// A number of bytes for people: exact under 1 KiB, else with one decimal in the largest unit it fills, up to YiB.
pub(crate) fn human(bytes: u128) -> String {
    match bytes {
        1 => return "1 byte".to_owned(),
        0..1024 => return format!("{bytes} bytes"),
        _ => {}
    }
    let mut text = String::new();
    for (step, unit) in (1u32..).zip(["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"]) {
        let size = 1u128 << (10 * step);
        // Tenths, rounded to the nearest; split so that even the largest number doesn't overflow.
        let tenths = bytes / size * 10 + (bytes % size * 10 + size / 2) / size;
        text = format!("{}.{} {unit}", tenths / 10, tenths % 10);
        if tenths < 10_240 {
            break;
        }
    }
    text
}

fn read(path: &str) -> Option<String> {
    // The name of a process, which stands in its status, may be any bytes.
    let bytes = fs::read(path).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The least bound; of equal ones the first.
fn least(bounds: [(u64, &'static str); 4]) -> Available {
    let [mut least, others @ ..] = bounds;
    for bound in others {
        if bound.0 < least.0 {
            least = bound;
        }
    }
    let (bytes, limit) = least;
    Available { bytes, limit }
}

/// What the machine can still give, according to the text of `/proc/meminfo`.
fn machine(meminfo: &str) -> u64 {
    match kib_field(meminfo, "MemAvailable") {
        Some(memory) => memory.saturating_add(kib_field(meminfo, "SwapFree").unwrap_or(0)),
        None => u64::MAX,
    }
}

/// What the soft limit on address space leaves, according to the text of `/proc/self/status`.
fn address_space(limit: u64, status: &str) -> u64 {
    match limit {
        u64::MAX => u64::MAX,
        limit => limit.saturating_sub(kib_field(status, "VmSize").unwrap_or(0)),
    }
}

/// The soft limit on a resource, `u64::MAX` for none.
fn soft_limit(resource: Resource) -> u64 {
    match getrlimit(resource) {
        Ok((soft, _)) if soft != RLIM_INFINITY => soft,
        _ => u64::MAX,
    }
}

/// What follows the first `name` and `separator` that begin a line.
fn field<'a>(text: &'a str, name: &str, separator: char) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(separator))
}

/// The bytes in a line such as `MemTotal:  24684096 kB` of `/proc/meminfo` or `/proc/self/status`.
fn kib_field(text: &str, name: &str) -> Option<u64> {
    let kib = field(text, name, ':')?.trim().strip_suffix("kB")?;
    kib.trim_end().parse::<u64>().ok()?.checked_mul(1024)
}

/// The names that a version of the cgroup interface gives to what is read here.
struct Interface {
    root: &'static str,
    most: &'static str,
    current: &'static str,
    /// The fields of `memory.stat` that count cached files, descendants' included.
    cache: [&'static str; 2],
}

const VERSION_1: Interface = Interface {
    root: "/sys/fs/cgroup/memory",
    most: "memory.limit_in_bytes",
    current: "memory.usage_in_bytes",
    cache: ["total_active_file", "total_inactive_file"],
};

const VERSION_2: Interface = Interface {
    root: "/sys/fs/cgroup",
    most: "memory.max",
    current: "memory.current",
    cache: ["active_file", "inactive_file"],
};

/// The room in this process's cgroup and all of its ancestors, given the text of `/proc/self/cgroup`, the free swap of
/// the machine, and a way to read a file.
fn cgroup(own: &str, swap_free: u64, read: impl Fn(&str) -> Option<String>) -> u64 {
    let mut least = u64::MAX;
    for line in own.lines() {
        // A line is `hierarchy:controllers:path`; version 2 is hierarchy 0, which names no controllers.
        let mut parts = line.splitn(3, ':');
        let room = match (parts.next(), parts.next(), parts.next()) {
            (Some("0"), Some(""), Some(path)) => room(&VERSION_2, path, swap_free, &read),
            (_, Some(controllers), Some(path)) if controllers.split(',').any(|c| c == "memory") => {
                room(&VERSION_1, path, 0, &read)
            }
            _ => continue,
        };
        least = least.min(room);
    }
    least
}

/// The least room over the folders from the root to `path`, each of which may swap as far as `swap`, its ancestors and
/// its own limit allow.
fn room(interface: &Interface, path: &str, mut swap: u64, read: impl Fn(&str) -> Option<String>) -> u64 {
    let mut room = u64::MAX;
    for folder in folders(interface.root, path) {
        let text = |file: &str| read(&format!("{folder}/{file}"));
        let number = |file: &str| text(file).and_then(|text| number(&text));
        if let Some(most) = number("memory.swap.max") {
            swap = swap.min(most.saturating_sub(number("memory.swap.current").unwrap_or(0)));
        }
        if let Some(most) = number(interface.most) {
            let current = number(interface.current).unwrap_or(0);
            let cached = cached(&text("memory.stat").unwrap_or_default(), interface.cache);
            let used = current.saturating_sub(cached);
            room = room.min(most.saturating_sub(used).saturating_add(swap));
        }
    }
    room
}

/// The cache of files in a group: the kernel drops it before it refuses memory, so that it counts as room, as it does
/// in `MemAvailable`. Shared memory is no such cache.
fn cached(stat: &str, names: [&str; 2]) -> u64 {
    let bytes = names.map(|name| field(stat, name, ' ').and_then(number).unwrap_or(0));
    bytes[0].saturating_add(bytes[1])
}

/// The number in a cgroup file; none for `max`, which stands for no limit.
fn number(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

/// The folders from `root` down to the cgroup `path`.
///
/// In a container the path may be one of the host, which isn't visible (its folders are absent and bound nothing), or
/// lead out of the namespace by `..` (then only the root is looked at). The root is the container's own group then.
fn folders(root: &str, path: &str) -> Vec<String> {
    let mut folders = vec![root.to_owned()];
    if path.split('/').any(|name| name == "..") {
        return folders;
    }
    let mut folder = root.to_owned();
    for name in path.split('/').filter(|name| !name.is_empty()) {
        folder = format!("{folder}/{name}");
        folders.push(folder.clone());
    }
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;
    const UNLIMITED: u64 = u64::MAX;
    const MEMINFO: &str = "MemTotal:       24684096 kB\nMemAvailable:   24428284 kB\n\
                           SwapCached: 7 kB\nSwapFree: 1000 kB\nHugePages_Total:       3\n";

    #[test]
    fn fields_are_found_by_their_whole_name() {
        assert_eq!(kib_field(MEMINFO, "MemTotal"), Some(24_684_096 * 1024));
        assert_eq!(kib_field(MEMINFO, "Mem"), None);
        assert_eq!(kib_field(MEMINFO, "Free"), None);
        assert_eq!(kib_field(MEMINFO, "HugePages_Total"), None);
        let status = "Name:\tx\nVmSize:\t    3892 kB\n";
        assert_eq!(kib_field(status, "VmSize"), Some(3892 * 1024));
        assert_eq!(kib_field("VmSize: 18446744073709551615 kB", "VmSize"), None);
    }

    #[test]
    fn the_machine_gives_memory_and_swap() {
        assert_eq!(machine(MEMINFO), (24_428_284 + 1000) * 1024);
        assert_eq!(machine("MemAvailable: 5 kB"), 5 * 1024);
        assert_eq!(machine(""), UNLIMITED);
    }

    #[test]
    fn address_space_in_use_counts() {
        let status = "VmPeak:\t9000 kB\nVmSize:\t1024 kB\n";
        assert_eq!(address_space(3 * MIB, status), 2 * MIB);
        assert_eq!(address_space(MIB / 2, status), 0);
        assert_eq!(address_space(UNLIMITED, status), UNLIMITED);
        assert_eq!(address_space(3 * MIB, ""), 3 * MIB);
    }

    #[test]
    fn the_least_bound_is_named() {
        let found = |bounds: [u64; 4]| {
            let [a, b, c, d] = bounds;
            least([(a, "a"), (b, "b"), (c, "c"), (d, "d")])
        };
        assert_eq!((found([9, 4, UNLIMITED, 4]).bytes, found([9, 4, 8, 4]).limit), (4, "b"));
        assert_eq!(found([UNLIMITED; 4]).limit, "a");
    }

    /// The room in a group, in MiB, where `files` are those under `/sys/fs/cgroup` with numbers of MiB in them.
    fn room_in(own: &str, swap_free: u64, files: &[(&str, &str)]) -> u64 {
        let read = |path: &str| {
            let path = path.strip_prefix("/sys/fs/cgroup/")?;
            let (_, text) = files.iter().find(|(name, _)| *name == path)?;
            let words = text.split(' ').map(|word| match word.parse::<u64>() {
                Ok(number) => (number * MIB).to_string(),
                Err(_) => word.to_owned(),
            });
            Some(words.collect::<Vec<_>>().join(" ").replace(" ;", "\n") + "\n")
        };
        match cgroup(own, swap_free * MIB, read) {
            UNLIMITED => UNLIMITED,
            bytes => bytes / MIB,
        }
    }

    #[test]
    fn no_files_are_no_limit() {
        let version_1 = "4:memory:/a\n0::/\n";
        for own in ["", "0::/\n", "0::/a/b\n", version_1, "nonsense", "0::"] {
            assert_eq!(room_in(own, 0, &[]), UNLIMITED);
        }
        let files = [("a/memory.max", "max"), ("a/memory.current", "5")];
        assert_eq!(room_in("0::/a", 9, &files), UNLIMITED);
    }

    #[test]
    fn the_tightest_ancestor_counts() {
        let mut files = vec![
            ("a/memory.max", "100"),
            ("a/memory.current", "70"),
            ("a/b/memory.max", "max"),
            ("a/b/memory.current", "20"),
            ("a/b/c/memory.max", "50"),
            ("a/b/c/memory.current", "10"),
        ];
        assert_eq!(room_in("0::/a/b/c\n", 0, &files), 30);
        files[1].1 = "10";
        assert_eq!(room_in("0::/a/b/c\n", 0, &files), 40);
        files[5].1 = "60";
        assert_eq!(room_in("0::/a/b/c\n", 0, &files), 0);
    }

    #[test]
    fn cached_files_are_room() {
        let stat = "anon 5 ;file 60 ;shmem 10 ;inactive_file 30 ;active_file 20 ;workingset_x 1";
        let files = [("memory.max", "100"), ("memory.current", "90"), ("memory.stat", stat)];
        assert_eq!(room_in("0::/\n", 0, &files), 60);
    }

    #[test]
    fn swap_counts_as_far_as_it_is_allowed_and_free() {
        let mut files = vec![
            ("a/memory.max", "100"),
            ("a/memory.current", "60"),
            ("a/memory.swap.max", "30"),
            ("a/memory.swap.current", "10"),
        ];
        assert_eq!(room_in("0::/a", 1000, &files), 60);
        assert_eq!(room_in("0::/a", 5, &files), 45);
        assert_eq!(room_in("0::/a", 0, &files), 40);
        files[2].1 = "0";
        assert_eq!(room_in("0::/a", 1000, &files), 40);
        files[2].1 = "max";
        assert_eq!(room_in("0::/a", 1000, &files), 1040);
    }

    #[test]
    fn an_ancestor_bounds_the_swap_of_its_descendants() {
        let files = [("a/memory.swap.max", "5"), ("a/b/memory.swap.max", "max"), ("a/b/memory.max", "100")];
        assert_eq!(room_in("0::/a/b", 1000, &files), 105);
    }

    #[test]
    fn the_container_sees_its_own_group_as_the_root() {
        let files = [("memory.max", "100"), ("init/memory.max", "1"), ("memory.current", "10")];
        assert_eq!(room_in("0::/docker/0123/init", 0, &files), 90);
        assert_eq!(room_in("0::/../../init", 0, &files), 90);
    }

    #[test]
    fn version_1_has_a_hierarchy_of_its_own() {
        let own = "9:name=systemd:/\n5:cpu,cpuacct:/x\n4:memory:/job/step:1\n0::/\n";
        let stat = "inactive_file 1 ;total_inactive_file 20 ;total_active_file 5";
        let files = [
            ("memory/memory.limit_in_bytes", "8796093022207"),
            ("memory/job/memory.limit_in_bytes", "100"),
            ("memory/job/memory.usage_in_bytes", "90"),
            ("memory/job/memory.stat", stat),
            ("memory/job/step:1/memory.limit_in_bytes", "80"),
            ("memory/job/step:1/memory.usage_in_bytes", "10"),
        ];
        assert_eq!(room_in(own, 1000, &files), 35);
        assert_eq!(room_in("4:hugetlb,memory:/job", 1000, &files), 35);
    }

    #[test]
    fn this_machine_has_some_memory() {
        let found = available();
        assert!(found.bytes > 0, "{found:?}");
        assert!(total_memory() > 0);
    }

    #[test]
    fn sizes_are_written_for_people() {
        assert_eq!([0, 1, 1023].map(human), ["0 bytes", "1 byte", "1023 bytes"]);
        assert_eq!([1024, 1536, 1 << 20].map(human), ["1.0 KiB", "1.5 KiB", "1.0 MiB"]);
        assert_eq!(human(3 << 29), "1.5 GiB");
        // Rounding may fill the next unit.
        assert_eq!(human((1 << 20) - 1), "1.0 MiB");
        assert_eq!(human((1 << 20) - 52), "1023.9 KiB");
        assert_eq!(human(1 << 80), "1.0 YiB");
        assert_eq!(human(u128::MAX), "281474976710656.0 YiB");
    }
}
